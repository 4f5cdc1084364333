namespace WeChat.UnionPush.LoadTests;

/// <summary>A file for SQLite that is gone afterwards.</summary>
internal sealed class TemporaryDatabase : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("unionpush-load-");

    public string File => Path.Combine(_directory.FullName, "identities.db");

    public void Dispose() => _directory.Delete(recursive: true);
}
