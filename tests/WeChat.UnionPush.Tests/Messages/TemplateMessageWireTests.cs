using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>What goes over a real socket, byte by byte.</summary>
public sealed class TemplateMessageWireTests
{
    [Fact]
    public async Task The_classic_message_goes_out_exactly_as_the_platforms_sample_shows_it()
    {
        using var recorder = new Recorder();
        await using var services = recorder.BuildHost();
        var message = TemplateMessage.Create("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY")
            .Set("first", "恭喜你购买成功!", "#173177")
            .Set("keyword1", "巧克力", "#173177")
            .Set("keyword2", "39.8元", "#173177")
            .Set("keyword3", "2014年9月22日", "#173177")
            .Set("remark", "欢迎再次购买!", "#173177")
            .Url("http://weixin.qq.com/download")
            .OpenMiniProgram("xiaochengxuappid12345", "index?foo=bar")
            .ClientMessageId("MSG_000001")
            .Build();

        var result = await services.GetRequiredService<ITemplateMessageSender>().SendAsync("OPENID", message);

        Assert.Equal(3717005636572528642, result.MessageId);
        Assert.Equal(
            """{"touser":"OPENID","template_id":"ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY","url":"http:"""
                + """//weixin.qq.com/download","miniprogram":{"appid":"xiaochengxuappid12345","pagepath":"index?foo=bar"}"""
                + ""","client_msg_id":"MSG_000001","data":{"first":{"value":"恭喜你购买成功!","color":"#173177"},"keyword1":{"value":"巧克力","color":"#173177"}"""
                + ""","keyword2":{"value":"39.8元","color":"#173177"},"keyword3":{"value":"2014年9月22日","color":"#173177"},"remark":{"value":"欢迎再次购买!","color":"#173177"}}}""",
            Encoding.UTF8.GetString(recorder.BodyOf("/cgi-bin/message/template/send")));
    }

    [Fact]
    public async Task Chinese_emoji_signs_and_the_full_width_blank_arrive_unescaped()
    {
        const string Text = "中文 ☕🎉 + & < > ' \u3000 \u2028 \u007f 尾";
        using var recorder = new Recorder();
        await using var services = recorder.BuildHost();

        await services.GetRequiredService<ITemplateMessageSender>().SendAsync("OPENID", TemplateMessage.Create("t").Set("keyword1", Text).Build());

        var body = recorder.BodyOf("/cgi-bin/message/template/send");
        Assert.True(body.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"value\":\"{Text}\"")) > 0, Encoding.UTF8.GetString(body));
        Assert.DoesNotContain("\\u", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_body_carries_Content_Length_and_is_never_chunked()
    {
        using var recorder = new Recorder();
        await using var services = recorder.BuildHost();

        await services.GetRequiredService<ITemplateMessageSender>().SendAsync("OPENID", TemplateMessage.Create("t").Set("keyword1", "x").Build());
        await foreach (var follower in services.GetRequiredService<IFollowerSource>().GetFollowersAsync(["o1", "o2"]))
        {
            Assert.True(follower.IsFollowing);
        }

        await services.GetRequiredService<IWeChatDiagnostics>().ClearQuotaAsync();

        Assert.Equal(
            ["/cgi-bin/clear_quota", "/cgi-bin/message/template/send", "/cgi-bin/stable_token", "/cgi-bin/user/info/batchget"],
            recorder.Requests.Where(request => request.Method == "POST").Select(request => request.Path).Order(StringComparer.Ordinal));
        Assert.All(recorder.Requests, request =>
        {
            Assert.DoesNotContain("chunked", request.Head, StringComparison.OrdinalIgnoreCase);
            if (request.Method == "POST")
            {
                Assert.Contains($"Content-Length: {request.Body.Length}\r\n", request.Head, StringComparison.OrdinalIgnoreCase);
                Assert.Contains("Content-Type: application/json\r\n", request.Head, StringComparison.OrdinalIgnoreCase);
            }
        });
    }

    /// <summary>A few lines of HTTP on loopback that keep what they read.</summary>
    private sealed class Recorder : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<Request> _requests = [];

        public Recorder()
        {
            _listener.Start();
            _ = AcceptAsync();
        }

        public IReadOnlyList<Request> Requests
        {
            get
            {
                lock (_requests)
                {
                    return [.. _requests];
                }
            }
        }

        public byte[] BodyOf(string path) => Assert.Single(Requests, request => request.Path == path).Body;

        public ServiceProvider BuildHost()
        {
            var services = new ServiceCollection();
            services.AddWeChatUnionPush(options =>
            {
                Town.SetCredentials(options);
                options.ApiBaseAddress = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
                options.Http.MaxRetries = 0;
            });
            return services.BuildServiceProvider();
        }

        public void Dispose() => _listener.Dispose();

        private static string AnswerTo(string path) => path switch
        {
            "/cgi-bin/stable_token" => """{"access_token":"T","expires_in":7200}""",
            "/cgi-bin/user/info/batchget" => """{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1"},{"subscribe":1,"openid":"o2","unionid":"u2"}]}""",
            "/cgi-bin/message/template/send" => """{"errcode":0,"errmsg":"ok","msgid":3717005636572528642}""",
            _ => """{"errcode":0,"errmsg":"ok"}""",
        };

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = ServeAsync(await _listener.AcceptTcpClientAsync());
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            try
            {
                await AnswerAsync(client);
            }
            catch (IOException)
            {
                // The host has closed its connections.
            }
        }

        private async Task AnswerAsync(TcpClient client)
        {
            using (client)
            {
                var stream = client.GetStream();
                var received = new List<byte>();
                var buffer = new byte[4096];
                while (true)
                {
                    var end = received.ToArray().AsSpan().IndexOf("\r\n\r\n"u8);
                    if (end < 0)
                    {
                        var read = await stream.ReadAsync(buffer);
                        if (read == 0)
                        {
                            return;
                        }

                        received.AddRange(buffer.AsSpan(0, read));
                        continue;
                    }

                    var head = Encoding.ASCII.GetString([.. received.Take(end + 2)]);
                    received.RemoveRange(0, end + 4);
                    var lengthLine = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
                    var length = lengthLine is null ? 0 : int.Parse(lengthLine.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture);
                    while (received.Count < length)
                    {
                        await stream.ReadExactlyAsync(buffer.AsMemory(0, 1));
                        received.Add(buffer[0]);
                    }

                    var target = head.Split(' ')[1];
                    var path = target.Split('?')[0];
                    lock (_requests)
                    {
                        _requests.Add(new Request(head.Split(' ')[0], path, head, [.. received.Take(length)]));
                    }

                    received.RemoveRange(0, length);
                    var answer = Encoding.UTF8.GetBytes(AnswerTo(path));
                    await stream.WriteAsync(
                        Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\nContent-Length: {answer.Length}\r\n\r\n"));
                    await stream.WriteAsync(answer);
                }
            }
        }
    }

    private sealed record Request(string Method, string Path, string Head, byte[] Body);
}
