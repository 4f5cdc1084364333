using System.Globalization;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Says when a run must stop because too much of it fails. Counts what this process has sent.</summary>
internal sealed class BroadcastGuards(double stopAtShare)
{
    /// <summary>How many first sends must not all fail with one code.</summary>
    public const int First = 20;

    private const int Window = 200;

    private readonly object _gate = new();
    private readonly Queue<bool> _last = new(Window);
    private int _seen;
    private int _failedOfLast;
    private int? _onlyCode;

    /// <summary>Whether the first sends showed that the run works.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Counts a send.</summary>
    /// <param name="isAccepted">Whether the platform accepted the message.</param>
    /// <param name="code">The platform's code, 0 where there is none.</param>
    /// <returns>Why the run must stop; <see langword="null"/> when it goes on.</returns>
    public string? Count(bool isAccepted, int code)
    {
        lock (_gate)
        {
            _seen++;
            IsProven |= isAccepted || _seen > First || (_onlyCode is { } before && before != code);
            _onlyCode ??= code;
            if (!IsProven && _seen == First && code != 0)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"The first {First} messages all failed with {code} ({new WeChatErrorCode(code).Meaning}). Is it the right Official Account, "
                        + $"and are its followers synced? Then call ResumeAsync.");
            }

            _last.Enqueue(!isAccepted);
            _failedOfLast += isAccepted ? 0 : 1;
            if (_last.Count > Window)
            {
                _failedOfLast -= _last.Dequeue() ? 1 : 0;
            }

            return _last.Count == Window && _failedOfLast > stopAtShare * Window
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_failedOfLast} of the last {Window} messages failed, the last one with {code}. Look at ListRecipientsAsync for whom and why, then call ResumeAsync.")
                : null;
        }
    }
}
