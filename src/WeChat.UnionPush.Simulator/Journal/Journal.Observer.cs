using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

// What the platform tells while it happens.
internal sealed partial class Journal : IPlatformObserver
{
    public void Answered(Exchange exchange, TimeSpan took)
    {
        var platform = simulator.Platform;
        var request = exchange.Request;
        var answer = exchange.Answer;
        var (status, error) = Outcome(exchange);
        var requestText = request.Body.Length == 0 ? null : Text(request.Body, platform);
        var responseText = answer is null || error is "connection broken" or "no answer" ? null : Text(answer.Body, platform);
        var query = Redactor.Query(request.Address.Query, platform);
        var entry = new CallEntry(
            0, exchange.ReceivedAt, request.Method.Method, request.Address.AbsolutePath, query, request.ContentType?.ToString(), requestText,
            status, responseText, error, answer is { HasErrorCode: true } ? answer.ErrorCode : null, Rid(responseText), Math.Round(took.TotalMilliseconds, 1),
            exchange.App?.AppId, exchange.Fault?.ToString(), request.Body.Length <= options.MaxBodyLength)
        {
            Person = Examiner.Recipient(platform, exchange),
            Verdict = Examiner.Examine(platform, exchange, status, error, StatusOf),
            ReplayOf = _replaying.Value,
        };
        lock (_gate)
        {
            entry = entry with { Id = ++_lastId };
            _calls.Add(entry);
            Publish(new("call", entry));
        }
    }

    public void Accepted(SimulatedApp app, SimulatedMessage message)
    {
        lock (_gate)
        {
            if (!message.IsDelivered)
            {
                _notDelivered[message.MessageId] = message.Status;
                _notDeliveredOldestFirst.Enqueue(message.MessageId);
                if (_notDeliveredOldestFirst.Count > MostNotDelivered)
                {
                    _notDelivered.Remove(_notDeliveredOldestFirst.Dequeue());
                }
            }

            Keep(new MessageEntry(++_lastId, message.AcceptedAt, app.AppId, message.Person.Index, "template", message.Template.Title)
            {
                Fields = CardLayout.Lay(message.Template, message.Values),
                TemplateId = message.Template.Id,
                Url = message.Url,
                MiniProgramAppId = message.MiniProgramAppId,
                Page = message.PagePath,
                MessageId = message.MessageId.ToString(CultureInfo.InvariantCulture),
                ClientMessageId = message.ClientMessageId,
                Status = message.Status,
            });
        }
    }

    public void Accepted(SimulatedApp app, SimulatedSubscriptionMessage message)
    {
        lock (_gate)
        {
            Keep(new MessageEntry(++_lastId, message.AcceptedAt, app.AppId, message.Person.Index, "subscription", message.Template.Title)
            {
                Fields = CardLayout.Lay(message.Template, message.Values),
                TemplateId = message.Template.Id,
                MiniProgramAppId = app.MiniProgram is null ? null : app.AppId,
                Page = message.Page,
                MessageId = message.MessageId.ToString(CultureInfo.InvariantCulture),
                Status = Outbox.Success,
            });
        }
    }

    public void Accepted(SimulatedApp app, SimulatedCustomerMessage message)
    {
        lock (_gate)
        {
            Keep(new MessageEntry(++_lastId, message.AcceptedAt, app.AppId, message.Person.Index, "customer", null)
            {
                Text = message.Type is "text" ? message.Content : $"[{message.Type}] {message.Content}",
                Status = Outbox.Success,
            });
        }
    }

    public void Raised(Push push)
    {
        lock (_gate)
        {
            var person = push.App.TryFindPerson(push.OpenId, out var index) ? index : -1;
            var entry = new CallbackEntry(
                ++_lastId, simulator.Platform.Now, push.App.AppId, person, push.OpenId, push.EventName, push.Callback.Address?.AbsoluteUri,
                push.Callback.Mode.ToString(), push.Message)
            {
                Push = push,
            };
            push.Number = entry.Id;
            _callbacks.Add(entry);
            if (_caused.Value is { } caused)
            {
                caused.Add(entry.Id);
                _firstAttempts.Add(entry.Id, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            Publish(new("callback", entry));
        }
    }

    public void Attempted(Push push, int attempt, bool isLast, PushAnswer answer, TimeSpan took)
    {
        var (query, body) = push.Seal(simulator.Platform.Now);
        lock (_gate)
        {
            if (_callbacks.Find(push.Number) is { } entry)
            {
                entry = entry with
                {
                    Attempts = attempt,
                    State = answer.Failure is null ? "delivered" : isLast ? "givenUp" : "retrying",
                    Status = answer.Status,
                    Answer = answer.Text is { } text ? Cut(text) : null,
                    Failure = answer.Status is null && answer.Text is { } shortly ? shortly : answer.Failure,
                    Took = Math.Round(took.TotalMilliseconds, 1),
                    Query = query,
                    Body = Cut(Encoding.UTF8.GetString(body)),
                };
                _callbacks.Replace(entry);
                Publish(new("callback", entry));
            }

            if (_firstAttempts.Remove(push.Number, out var source))
            {
                source.SetResult();
            }
        }
    }

    private string? StatusOf(long messageId)
    {
        lock (_gate)
        {
            return _notDelivered.GetValueOrDefault(messageId);
        }
    }

    private static (int? Status, string? Error) Outcome(Exchange exchange)
    {
        if (exchange.Answer is not { } answer)
        {
            return (null, exchange.Failure is OperationCanceledException ? "the caller gave up" : exchange.Failure is null ? "no answer" : "connection broken");
        }

        return answer.NeverComes ? (null, "no answer")
            : answer.Failure is not null ? (null, "connection broken")
            : answer.BreaksOffWith is not null ? ((int)answer.Status, "connection broken in the body")
            : exchange.Failure is not null ? (null, "the caller gave up")
            : ((int)answer.Status, null);
    }

    private static string? Rid(string? text) => text is not null && RidPattern().Match(text) is { Success: true } match ? match.Groups["rid"].Value : null;

    private string Text(byte[] bytes, SimulatedPlatform platform)
    {
        var isCut = bytes.Length > options.MaxBodyLength;
        var text = Redactor.Body(Encoding.UTF8.GetString(bytes, 0, Math.Min(bytes.Length, options.MaxBodyLength)), platform);
        return isCut ? string.Create(CultureInfo.InvariantCulture, $"{text}… ({bytes.Length:N0} bytes)") : text;
    }

    private string Cut(string text) => text.Length <= options.MaxBodyLength ? text : text[..options.MaxBodyLength] + "…";

    [GeneratedRegex(@"rid:\s*(?<rid>[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RidPattern();
}
