using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <content>Where the hosts and the platform can be watched.</content>
internal sealed partial class ReachLife
{
    private readonly ConcurrentBag<(string Name, SimulatedPerson Person)> _flights = [];

    [GeneratedRegex("单[0-9]+号")]
    private static partial Regex Name { get; }

    /// <summary>What the platform, and the host's own way, have of each push.</summary>
    private IEnumerable<(string Name, TownArrival What)> Arrivals()
    {
        foreach (var message in _town.Account.Messages)
        {
            yield return (message.Values["thing1"], new TownArrival(PushChannel.TemplateMessage, message.Person, message.IsDelivered));
        }

        foreach (var message in _town.MiniProgram.SubscriptionMessages)
        {
            yield return (message.Values["thing1"], new TownArrival(PushChannel.SubscribeMessage, message.Person));
        }

        foreach (var message in _town.Account.SubscriptionMessages)
        {
            yield return (message.Values["thing1"], new TownArrival(PushChannel.SubscribeNotice, message.Person));
        }

        foreach (var message in _serviceMessages)
        {
            yield return (Name.Match(message.Content).Value, new TownArrival(PushChannel.CustomerService, message.Person));
        }

        foreach (var (name, person) in _flights)
        {
            yield return (name, new TownArrival(PushChannel.Fallback, person));
        }
    }

    private void Answered(string path, string openId, string body, JsonElement answer)
    {
        var isMiniProgram = path == "/cgi-bin/message/subscribe/send";
        var person = _town.Platform.FindPerson(isMiniProgram ? Town.MiniProgramAppId : Town.OfficialAccountAppId, openId);
        var push = _pushes[Name.Match(body).Value];
        if (!push.Person.Equals(person))
        {
            _known.InVain.Enqueue($"{push} went to {person}");
            return;
        }

        var code = answer.GetProperty("errcode").GetInt32();
        if (path == "/cgi-bin/message/template/send")
        {
            var isBlocked = code == 0 && _town.Account.FindMessage(answer.GetProperty("msgid").GetInt64()) is { IsDelivered: false };
            _known.AnsweredTemplate(push, code, isBlocked);
        }
        else if (code == 43101)
        {
            _known.AnsweredEmpty(push, _subscriptions.Append(_notice).Single(template => body.Contains(template.Id, StringComparison.Ordinal)).Id);
        }
    }

    /// <summary>A handler of the host, which hears of an event when the library has done its part.</summary>
    public sealed class Ear(ReachLife life) : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            if (life._town.Platform.FindPerson(received.Callback.AppId, received.Callback.OpenId) is { } person)
            {
                life._known.Hears(person, received);
            }

            return default;
        }
    }

    /// <summary>Reaches some, whatever the reason.</summary>
    public sealed class Pigeon(ReachLife life) : IReachFallback
    {
        public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default)
        {
            var push = life._pushes[message.CorrelationId!];
            if (push.Step % 4 != 0)
            {
                return Task.FromResult(false);
            }

            life._flights.Add((push.Name, push.Person));
            return Task.FromResult(true);
        }
    }

    /// <summary>Sees what is sent, and what the platform answers.</summary>
    private sealed class Watcher(ReachLife life, HttpMessageHandler platform) : DelegatingHandler(platform)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            if (!path.StartsWith("/cgi-bin/message/", StringComparison.Ordinal))
            {
                return await base.SendAsync(request, cancellationToken);
            }

            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            using var asked = JsonDocument.Parse(body);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            life.Answered(path, asked.RootElement.GetProperty("touser").GetString()!, body, answer.RootElement);
            return response;
        }
    }
}
