using BenchmarkDotNet.Running;
using WeChat.UnionPush.Benchmarks;

if (args is ["turns", .. var stores])
{
    await StoreTurns.RunAsync(stores);
}
else if (args is ["reach"])
{
    await ReachTurns.RunAsync();
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
}
