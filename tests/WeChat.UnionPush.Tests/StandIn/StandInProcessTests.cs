using System.Diagnostics;
using WeChat.UnionPush.StandIn;

namespace WeChat.UnionPush.Tests.StandIn;

/// <summary>The stand-in as a process of its own, steered by lines as another program would.</summary>
public sealed class StandInProcessTests
{
    [Fact]
    public async Task A_process_serves_the_flow_and_tells_what_it_saw()
    {
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [typeof(StandInPlatform).Assembly.Location, "--followers", "30", "--mischief", "SmallPages,ShuffledRows", "--seed", "7"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var address = (await process.StandardOutput.ReadLineAsync())!["listening ".Length..];
            var credentials = (await AskForListAsync("credentials")).Select(line => line.Split(' ')).ToDictionary(words => words[0]);
            var template = (await AskForListAsync("templates"))[0];
            var code = (await AskAsync("code 3"))["ok ".Length..];

            var services = new ServiceCollection();
            services.AddWeChatUnionPush(options =>
            {
                (options.OfficialAccount.AppId, options.OfficialAccount.AppSecret) = (credentials["account"][1], credentials["account"][2]);
                (options.MiniProgram.AppId, options.MiniProgram.AppSecret) = (credentials["program"][1], credentials["program"][2]);
                options.ApiBaseAddress = new Uri(address);
            });
            await using var host = services.BuildServiceProvider();
            var push = host.GetRequiredService<IUnionPush>();
            Assert.Equal(30, (await push.SyncFollowersAsync()).Linked);
            var user = await push.SignInAsync(code);
            var result = await push.PushAsync(user.OpenId, TemplateMessage.Create(template).Thing("thing1", "巧克力").Amount("amount2", 1m).Set("time3", "15:01").Build());
            Assert.True(result.IsSent, result.Reason);

            var follower = (await AskForListAsync("followers"))[3].Split(' ');
            Assert.Equal(user.UnionId, follower[2]);
            Assert.Equal([$"{result.MessageId}", follower[1], template], Assert.Single(await AskForListAsync("messages")).Split(' ')[..3]);
            Assert.Equal("ok 3", await AskAsync("calls /cgi-bin/user/get"));
            Assert.Empty(await AskForListAsync("violations"));

            await process.StandardInput.WriteLineAsync("quit");
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        async Task<string> AskAsync(string command)
        {
            await process.StandardInput.WriteLineAsync(command);
            await process.StandardInput.FlushAsync();
            return await process.StandardOutput.ReadLineAsync() ?? "";
        }

        async Task<List<string>> AskForListAsync(string command)
        {
            Assert.StartsWith("ok ", await AskAsync(command), StringComparison.Ordinal);
            var lines = new List<string>();
            while (await process.StandardOutput.ReadLineAsync() is { } line && line != ".")
            {
                lines.Add(line);
            }

            return lines;
        }
    }
}
