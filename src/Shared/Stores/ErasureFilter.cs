namespace WeChat.UnionPush;

/// <summary>Tells which observations of a batch are to be saved, by the rules of <see cref="Erasure"/>.</summary>
internal sealed class ErasureFilter(WeChatIdentity[] observations)
{
    private readonly string[][] _keys = Array.ConvertAll(observations, static observation => Erasure.KeysOf(observation).ToArray());

    /// <summary>The keys whose erasures must be known.</summary>
    public IEnumerable<string> Keys => _keys.SelectMany(static keys => keys).Distinct(StringComparer.Ordinal);

    /// <summary>The observations to save, and the numbers of the erasures that they end.</summary>
    public (WeChatIdentity[] Admitted, HashSet<long> Over) Admit(Dictionary<string, Erasure> erasures, long? erasuresSeen)
    {
        var over = new HashSet<long>();
        var i = 0;
        return (Array.FindAll(observations, Admits), over);

        bool Admits(WeChatIdentity observation)
        {
            var met = _keys[i++].Select(erasures.GetValueOrDefault).OfType<Erasure>().ToArray();
            if (Array.Exists(met, erasure => erasure.Refuses(observation, erasuresSeen)))
            {
                return false;
            }

            over.UnionWith(met.Where(static erasure => !erasure.IsOver).Select(static erasure => erasure.Number));
            return true;
        }
    }
}
