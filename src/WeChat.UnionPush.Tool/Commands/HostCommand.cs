using System.CommandLine;
using Microsoft.Extensions.Options;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Tool.Hosts;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary>Makes commands that work with a host. What goes wrong is one line on the error output, and exit code 2.</summary>
internal static class HostCommand
{
    public static Command Create(
        string name, string description, IReadOnlyCollection<Symbol> symbols, Func<ParseResult, HostAccess, CancellationToken, Task<int>> run)
    {
        var host = new HostSelection();
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        host.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                await using var access = host.Open(parsed);
                return await run(parsed, access, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return Fail("stopped.");
            }
            catch (OptionsValidationException exception)
            {
                return Fail(exception.Failures.First() + " Run unionpush doctor.");
            }
            catch (Exception exception) when (exception is ToolException or WeChatApiException or UnionPushStorageException or TemplateMessageException
                or InvalidOperationException or ArgumentException or IOException or UnauthorizedAccessException)
            {
                return Fail(exception.Message);
            }
        });
        return command;
    }

    public static int Fail(string message)
    {
        Console.Error.WriteLine($"unionpush: {message.ReplaceLineEndings(" ")}");
        return 2;
    }
}
