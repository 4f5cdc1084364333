namespace WeChat.UnionPush;

/// <summary>The last tokens that the platform refused. A few are kept: refusals of an older token may arrive after those of its successor.</summary>
internal sealed class RejectedTokens
{
    private const int Kept = 4;

    private readonly Queue<string> _tokens = new();

    public bool Contains(AccessToken token)
    {
        lock (_tokens)
        {
            return _tokens.Contains(token.Reveal());
        }
    }

    /// <summary>Notes a refusal.</summary>
    /// <returns>False when it was known.</returns>
    public bool Add(AccessToken token)
    {
        lock (_tokens)
        {
            if (_tokens.Contains(token.Reveal()))
            {
                return false;
            }

            _tokens.Enqueue(token.Reveal());
            if (_tokens.Count > Kept)
            {
                _tokens.Dequeue();
            }

            return true;
        }
    }
}
