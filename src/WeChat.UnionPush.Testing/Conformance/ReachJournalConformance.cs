namespace WeChat.UnionPush.Testing;

/// <summary>
/// What every <see cref="IReachJournal"/> must keep, as named cases for any test framework: enumerate <see cref="CaseNames"/> and run each,
/// so that a case that a later version adds runs too.
/// </summary>
public static class ReachJournalConformance
{
    private const string App = "wx0123456789abcdef";
    private const string Key = "message:1";

    private static readonly ConformanceSuite<IReachJournal> Suite = new()
    {
        A_note_is_found_until_it_expires,
        A_note_is_written_once_where_there_is_none,
        A_write_names_what_it_read,
        A_note_that_expired_is_as_good_as_none,
        Notes_are_told_apart,
        Many_notes_are_found_at_once,
        A_long_note_is_kept_whole_and_for_long,
        Notes_are_listed_by_how_their_keys_begin,
        All_notes_of_one_person_are_found_and_deleted_and_nobody_else_s,
        What_is_deleted_is_gone,
        Only_what_expired_is_deleted,
        Ten_writers_at_once_write_one_note,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. Time is told by the clock given, which the case moves. What it returns is disposed at the end, where it can be.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store does not keep its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IReachJournal>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static async Task A_note_is_found_until_it_expires(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false) is null, "nothing is found at first");
        var written = await WriteAsync(run, store, null, "0").ConfigureAwait(false);
        run.Equal(written, await (await run.OpenAsync().ConfigureAwait(false)).FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false));
        run.Equal("0", written!.Value);
        run.Clock.Advance(TimeSpan.FromHours(1));
        run.True(await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false) is null, "nothing is found when it has expired");
    }

    private static async Task A_note_is_written_once_where_there_is_none(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await WriteAsync(run, store, null, "0").ConfigureAwait(false) is not null, "the first write is made");
        run.True(await WriteAsync(run, store, null, "1").ConfigureAwait(false) is null, "the second is not");
        run.Equal("0", (await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false))!.Value);
    }

    private static async Task A_write_names_what_it_read(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var first = await WriteAsync(run, store, null, "0").ConfigureAwait(false);
        var second = await WriteAsync(run, store, first, "1").ConfigureAwait(false);
        run.True(second is not null, "who read the note writes it");
        run.True(await WriteAsync(run, store, first, "2").ConfigureAwait(false) is null, "who read an older one does not");
        run.Equal(second, await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false));
        await store.DeleteAsync(App, [Key], run.CancellationToken).ConfigureAwait(false);
        run.True(await WriteAsync(run, store, second, "3").ConfigureAwait(false) is null, "nor who read one that is gone");
    }

    private static async Task A_note_that_expired_is_as_good_as_none(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await WriteAsync(run, store, null, "0").ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromHours(1));
        run.True(await WriteAsync(run, store, null, "1").ConfigureAwait(false) is not null, "it is written again");
        run.Equal("1", (await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false))!.Value);
    }

    private static async Task Notes_are_told_apart(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await WriteAsync(run, store, null, "0").ConfigureAwait(false);
        run.True(await store.FindAsync("wxother", Key, run.CancellationToken).ConfigureAwait(false) is null, "another app has other notes");
        run.True(await store.FindAsync(App, "MESSAGE:1", run.CancellationToken).ConfigureAwait(false) is null, "keys are compared by their characters");
    }

    private static async Task A_long_note_is_kept_whole_and_for_long(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var (value, end) = (string.Concat(Enumerable.Repeat("订单\"{\\", 1600)), new DateTimeOffset(9000, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var written = await store.TryWriteAsync(App, Key, null, value, end, run.CancellationToken).ConfigureAwait(false);
        run.Equal(new ReachNote(value, written!.Revision, end), await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false));
        run.Equal(0, await store.ExpireAsync(run.Clock.GetUtcNow().AddYears(100), 9, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Many_notes_are_found_at_once(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(0, (await store.FindAsync(App, (string[])[], run.CancellationToken).ConfigureAwait(false)).Count);
        var written = new Dictionary<string, ReachNote>(StringComparer.Ordinal);
        for (var i = 0; i < 250; i += 2)
        {
            written.Add($"link:{i}", (await store.TryWriteAsync(App, $"link:{i}", null, $"{i}", run.Clock.GetUtcNow().AddHours(1), run.CancellationToken).ConfigureAwait(false))!);
        }

        await store.TryWriteAsync(App, "link:1", null, "expires", run.Clock.GetUtcNow().AddMinutes(1), run.CancellationToken).ConfigureAwait(false);
        await store.TryWriteAsync("wxother", "link:3", null, "of another app", run.Clock.GetUtcNow().AddHours(1), run.CancellationToken).ConfigureAwait(false);
        await store.TryWriteAsync(App, "LINK:5", null, "in capitals", run.Clock.GetUtcNow().AddHours(1), run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        string[] asked = [.. Enumerable.Range(0, 250).Select(static i => $"link:{i}"), "link:0"];
        var found = await store.FindAsync(App, asked, run.CancellationToken).ConfigureAwait(false);
        run.Equal(
            string.Join(' ', written.Keys.Order(StringComparer.Ordinal)), string.Join(' ', found.Keys.Order(StringComparer.Ordinal)), "the keys found");
        run.True(found.All(note => note.Value == written[note.Key]), "each comes with its note");
    }

    private static async Task Notes_are_listed_by_how_their_keys_begin(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var (app, key) in new[] { (App, "link:a"), (App, "link:B"), (App, "link:c"), (App, "linked:a"), (App, "lin"), ("wxother", "link:z") })
        {
            await store.TryWriteAsync(app, key, null, key, run.Clock.GetUtcNow().AddHours(1), run.CancellationToken).ConfigureAwait(false);
        }

        await store.TryWriteAsync(App, "link:old", null, "0", run.Clock.GetUtcNow().AddMinutes(1), run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromMinutes(1));
        var listed = new List<KeyValuePair<string, ReachNote>>();
        IReadOnlyList<KeyValuePair<string, ReachNote>> page;
        do
        {
            page = await store.ListAsync(App, "link:", listed.Count == 0 ? null : listed[^1].Key, 2, run.CancellationToken).ConfigureAwait(false);
            listed.AddRange(page);
        }
        while (page.Count == 2);
        run.Equal("link:B link:a link:c", string.Join(' ', listed.Select(static note => note.Key).Order(StringComparer.Ordinal)), "the keys listed");
        run.True(listed.TrueForAll(static note => note.Value.Value == note.Key && note.Value.Revision > 0), "each comes with its note");
    }

    private static async Task All_notes_of_one_person_are_found_and_deleted_and_nobody_else_s(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        string[] mine = ["late:oA-1:9", "late:oA-1:1", "late:oA-1:18446744073709551615"];
        foreach (var key in (string[])[.. mine, "late:oa-1:1", "late:oA-1_:1", "late:oA-12:1", "late:oA-:1", "late:oA-1"])
        {
            await store.TryWriteAsync(App, key, null, key, run.Clock.GetUtcNow().AddHours(1), run.CancellationToken).ConfigureAwait(false);
        }

        var found = await store.ListAsync(App, "late:oA-1:", null, 9, run.CancellationToken).ConfigureAwait(false);
        run.Equal(string.Join(' ', mine.Order(StringComparer.Ordinal)), string.Join(' ', found.Select(static note => note.Key).Order(StringComparer.Ordinal)), "the notes found");
        await store.DeleteAsync(App, [.. found.Select(static note => note.Key)], run.CancellationToken).ConfigureAwait(false);
        var left = await (await run.OpenAsync().ConfigureAwait(false)).ListAsync(App, "late:", null, 9, run.CancellationToken).ConfigureAwait(false);
        run.Equal(5, left.Count);
        run.True(left.All(note => !mine.Contains(note.Value.Value)), "none of them is left");
    }

    private static async Task What_is_deleted_is_gone(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await WriteAsync(run, store, null, "0").ConfigureAwait(false);
        await store.DeleteAsync("wxother", [Key], run.CancellationToken).ConfigureAwait(false);
        await store.DeleteAsync(App, [], run.CancellationToken).ConfigureAwait(false);
        run.True(await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false) is not null, "it is there until it is deleted");
        await store.DeleteAsync(App, [Key, Key, "message:9"], run.CancellationToken).ConfigureAwait(false);
        run.True(await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false) is null, "it is gone");
        run.True(await WriteAsync(run, store, null, "1").ConfigureAwait(false) is not null, "the key is free again");
    }

    private static async Task Only_what_expired_is_deleted(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var now = run.Clock.GetUtcNow();
        for (var i = 0; i < 5; i++)
        {
            await store.TryWriteAsync(App, $"message:{i}", null, "0", now.AddMinutes(i), run.CancellationToken).ConfigureAwait(false);
        }

        run.Equal(2, await store.ExpireAsync(now.AddMinutes(2), 2, run.CancellationToken).ConfigureAwait(false));
        run.Equal(1, await store.ExpireAsync(now.AddMinutes(2), 2, run.CancellationToken).ConfigureAwait(false));
        run.Equal(0, await store.ExpireAsync(now.AddMinutes(2), 2, run.CancellationToken).ConfigureAwait(false));
        run.True(await store.FindAsync(App, "message:3", run.CancellationToken).ConfigureAwait(false) is not null, "what has not expired is there");
    }

    private static async Task Ten_writers_at_once_write_one_note(ConformanceRun<IReachJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        var written = await Task.WhenAll(Enumerable.Range(0, 10).Select(async writer =>
            await WriteAsync(run, writer % 2 == 0 ? store : other, null, $"{writer}").ConfigureAwait(false))).ConfigureAwait(false);
        run.Equal(1, written.Count(static note => note is not null));
        run.Equal(written.Single(static note => note is not null), await store.FindAsync(App, Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static ValueTask<ReachNote?> WriteAsync(ConformanceRun<IReachJournal> run, IReachJournal store, ReachNote? before, string value) =>
        store.TryWriteAsync(App, Key, before, value, run.Clock.GetUtcNow().AddHours(1), run.CancellationToken);
}
