using BenchmarkDotNet.Running;
using WeChat.UnionPush.Benchmarks;

if (args is ["turns"])
{
    await StoreTurns.RunAsync();
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
}
