using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>Whether the platform is there: name, connection, TLS, what lies in between, and the clock.</summary>
internal sealed class NetworkChecks(DoctorState state)
{
    // Neither call has a token or a secret: the platform answers each with an error code, which is all that is wanted.
    private const string GetPath = "/cgi-bin/get_api_domain_ip";
    private const string PostPath = "/cgi-bin/stable_token";

    // The Date of an answer has whole seconds, and the answer was under way.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestReplayWindow = TimeSpan.FromMinutes(5);

    public async Task CheckAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        var subject = state.Subject;
        for (var i = 0; i < subject.Addresses.Count; i++)
        {
            var isFirst = i == 0;
            var address = subject.Addresses[i];
            if (await ProbeAsync(notes, address, isFirst, HttpMethod.Get, GetPath, body: null, cancellationToken).ConfigureAwait(false)
                && await ProbeAsync(notes, address, isFirst, HttpMethod.Post, PostPath, "{}"u8.ToArray(), cancellationToken).ConfigureAwait(false))
            {
                state.IsReachable |= isFirst;
                notes.Ok("network", subject.HasStandIn ? $"{address.Host} is answered by a stand-in in this process." : $"{address.Host} answers as the platform does.");
            }
            else if (isFirst)
            {
                break;
            }
        }
    }

    private async Task<bool> ProbeAsync(
        DoctorNotes notes, Uri address, bool isFirst, HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        var subject = state.Subject;
        using var limit = new CancellationTokenSource(subject.AttemptTimeout, subject.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = new HttpRequestMessage(method, new Uri(address.AbsoluteUri.TrimEnd('/') + path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var response = await subject.Invoker.SendAsync(request, either.Token).ConfigureAwait(false);
            var text = await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
            if (!IsPlatformAnswer(notes, address, isFirst, response, text))
            {
                return false;
            }

            if (method == HttpMethod.Get && isFirst && response.Headers.Date is { } date)
            {
                CheckClock(notes, date);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Broken(notes, isFirst, "timeout", $"{address.Host} gave no answer within {subject.AttemptTimeout.TotalSeconds:0.#} s.", "Check firewall and proxy of this machine.");
            return false;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var (problem, message, advice) = Explain(address, exception);
            Broken(notes, isFirst, problem, message, advice);
            return false;
        }
    }

    private static bool IsPlatformAnswer(DoctorNotes notes, Uri address, bool isFirst, HttpResponseMessage response, byte[] text)
    {
        var status = response.StatusCode;
        if (status == HttpStatusCode.OK && IsErrorAnswer(text))
        {
            return true;
        }

        var said = Redaction.Quote(text);
        switch (status)
        {
            case HttpStatusCode.PreconditionFailed:
                Broken(notes, isFirst, "length_removed", "The platform's gateway answers HTTP 412: the body arrived without Content-Length.",
                    "Find the proxy or the handler (ConfigureHttpClient) that sends bodies in chunks, and leave it out.");
                break;
            case HttpStatusCode.ProxyAuthenticationRequired:
                Broken(notes, isFirst, "proxy_refuses", "The proxy asks for a user and a password (HTTP 407).",
                    "Give them with UseProxy, such as http://user:password@proxy:3128.");
                break;
            case >= HttpStatusCode.InternalServerError:
                Broken(notes, isFirst, "gateway", $"{address.Host} answers HTTP {(int)status}: {said}",
                    "Run the examination again; when it stays, look at the proxy and at ApiBaseAddress.");
                break;
            case HttpStatusCode.OK:
                Broken(notes, isFirst, "answer_unreadable", $"What answers at {address.Host} is not the platform: {said}",
                    "See what is in between: a sign-in page of the network, a proxy or a handler that changes answers, or a wrong ApiBaseAddress.");
                break;
            default:
                Broken(notes, isFirst, "address_wrong", $"{address.Host} answers HTTP {(int)status}: {said}",
                    "Correct ApiBaseAddress: it is https://api.weixin.qq.com, without a path.");
                break;
        }

        return false;
    }

    private static bool IsErrorAnswer(byte[] text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("errcode", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static (string Problem, string Message, string Advice) Explain(Uri address, Exception exception)
    {
        var said = Redaction.Quote(exception.Message);
        var error = (exception as HttpRequestException)?.HttpRequestError;
        return error switch
        {
            HttpRequestError.NameResolutionError => ("name_not_resolved", $"The name {address.Host} cannot be resolved: {said}",
                "Check the DNS of this machine, and the spelling in ApiBaseAddress."),
            HttpRequestError.ProxyTunnelError => ("proxy_refuses", $"The proxy does not let a connection through to {address.Host}: {said}",
                "Let the proxy allow CONNECT to this host and port 443."),
            HttpRequestError.SecureConnectionError => ("tls", $"No secure connection to {address.Host}: {said}", TlsAdvice),
            _ when exception.InnerException is AuthenticationException => ("tls", $"No secure connection to {address.Host}: {said}", TlsAdvice),
            HttpRequestError.ConnectionError => ("connection_refused", $"No connection to {address.Host}: {said}",
                "Check firewall and proxy of this machine, and the port in ApiBaseAddress."),
            _ => ("connection_broken", $"The connection to {address.Host} broke: {said}", "Check firewall and proxy of this machine."),
        };
    }

    private const string TlsAdvice =
        "Check the clock and the root certificates (ca-certificates) of this machine; a proxy that opens TLS needs its own certificate among them.";

    /// <summary>Another name of the platform that cannot be reached is no harm while the first one can.</summary>
    private static void Broken(DoctorNotes notes, bool isFirst, string problem, string message, string advice)
    {
        if (isFirst)
        {
            notes.Fail("network", problem, message, advice);
        }
        else
        {
            notes.Warn("network.fallback", problem, message, advice);
        }
    }

    private void CheckClock(DoctorNotes notes, DateTimeOffset date)
    {
        var ahead = state.Subject.Time.GetUtcNow() - date;
        state.ClockAhead = ahead;
        var shown = string.Create(CultureInfo.InvariantCulture, $"{ahead.Duration():d\\.hh\\:mm\\:ss}");
        var window = state.Subject.Callback is null ? LongestReplayWindow : Windows().Append(LongestReplayWindow).Min();
        if (ahead.Duration() <= ClockTolerance)
        {
            notes.Ok("clock", "This machine's clock agrees with the platform's.");
            return;
        }

        var message = new StringBuilder("This machine's clock is ").Append(shown).Append(ahead < TimeSpan.Zero ? " behind" : " ahead of").Append(" the platform's.");
        const string Advice = "Set the clock, and keep it right with NTP.";
        if (ahead.Duration() <= window)
        {
            notes.Warn("clock", "clock_wrong", message.ToString(), Advice);
        }
        else
        {
            notes.Fail("clock", "clock_wrong", message.Append(" Pushed events are refused as too old, and tokens are replaced too late or too early.").ToString(), Advice);
        }
    }

    private IEnumerable<TimeSpan> Windows() =>
        new[] { state.Subject.Callback!.OfficialAccount, state.Subject.Callback.MiniProgram }
            .Where(static app => app.IsUsed && app.ReplayWindow != Timeout.InfiniteTimeSpan)
            .Select(static app => app.ReplayWindow);
}
