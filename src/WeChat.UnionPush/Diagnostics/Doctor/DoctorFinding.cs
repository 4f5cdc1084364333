namespace WeChat.UnionPush.Diagnostics;

/// <summary>One line of an examination. None of its texts holds a secret, a token or the query of an address.</summary>
/// <param name="Check">What was examined, such as <c>official_account.credentials</c>. It stays the same from release to release.</param>
/// <param name="Verdict">What it came to.</param>
/// <param name="Message">What was found, a sentence.</param>
public sealed record DoctorFinding(string Check, DoctorVerdict Verdict, string Message)
{
    /// <summary>
    /// The name of what is wrong, such as <c>secret_frozen</c>; <see langword="null"/> where nothing is. It stays the same from release to release.
    /// </summary>
    public string? Problem { get; init; }

    /// <summary>What to do, or <see langword="null"/>.</summary>
    public string? Advice { get; init; }

    /// <summary>The page of the platform's console to open, with the way to it; or <see langword="null"/>.</summary>
    public string? Page { get; init; }

    /// <summary>The finding in a line, with its advice.</summary>
    public override string ToString() => $"{Mark} {Check}: {Message}{(Advice is null ? "" : $" {Advice}")}{(Page is null ? "" : $" ({Page})")}";

    private string Mark => Verdict switch
    {
        DoctorVerdict.Ok => "✓",
        DoctorVerdict.Skipped => "–",
        DoctorVerdict.Warning => "!",
        _ => "✗",
    };
}
