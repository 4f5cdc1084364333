using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace WeChat.UnionPush.AspNetCore;

/// <summary>Reads a report of a Mini Program and hands it to the consents.</summary>
internal sealed class ConsentReportEndpoint(ISubscribeConsents consents, Func<HttpContext, ValueTask<string?>> openIdOf)
{
    private const int LargestBody = 16 * 1024;
    private const int MostTemplates = 20;
    private const int LongestId = 128;

    internal async Task HandleAsync(HttpContext context)
    {
        if (await openIdOf(context).ConfigureAwait(false) is not { Length: > 0 } openId)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var (status, body) = await ReadAsync(context).ConfigureAwait(false);
        if (status == StatusCodes.Status204NoContent)
        {
            using var report = body!;
            if (Read(report.RootElement) is { } read)
            {
                await consents.ReportAsync(openId, read.Answers, read.Kept, context.RequestAborted).ConfigureAwait(false);
            }
            else
            {
                status = StatusCodes.Status400BadRequest;
            }
        }

        context.Response.StatusCode = status;
    }

    private static async ValueTask<(int Status, JsonDocument? Body)> ReadAsync(HttpContext context)
    {
        var buffer = new byte[LargestBody + 1];
        try
        {
            var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted).ConfigureAwait(false);
            return length > LargestBody
                ? (StatusCodes.Status413PayloadTooLarge, null)
                : (StatusCodes.Status204NoContent, JsonDocument.Parse(buffer.AsMemory(0, length)));
        }
        catch (JsonException)
        {
            return (StatusCodes.Status400BadRequest, null);
        }
        catch (BadHttpRequestException exception)
        {
            return (exception.StatusCode, null);
        }
    }

    private static (Dictionary<string, string> Answers, Dictionary<string, string>? Kept)? Read(JsonElement report)
    {
        if (report.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var answers = Choices(report);
        var kept = report.TryGetProperty("subscriptionsSetting", out var setting) && setting.ValueKind == JsonValueKind.Object
            ? setting.TryGetProperty("itemSettings", out var items) && items.ValueKind == JsonValueKind.Object ? Choices(items) : []
            : null;
        return answers.Count <= MostTemplates && (kept?.Count ?? 0) <= MostTemplates ? (answers, kept) : null;
    }

    /// <summary>The members that are choices: the answer has others beside them, such as <c>errMsg</c>.</summary>
    private static Dictionary<string, string> Choices(JsonElement members)
    {
        var choices = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in members.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String
                && member.Name.Length is > 0 and <= LongestId
                && !member.Name.Any(static character => char.IsControl(character) || char.IsSurrogate(character))
                && member.Value.GetString() is { } choice
                && (choice.StartsWith("accept", StringComparison.Ordinal) || choice is "reject" or "ban" or "filter"))
            {
                choices[member.Name] = choice;
            }
        }

        return choices;
    }
}
