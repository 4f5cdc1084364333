namespace WeChat.UnionPush.Simulator;

/// <summary>Something that pages are told of: <c>call</c>, <c>callback</c> or <c>phone</c> with its entry, <c>change</c> with a word, <c>reset</c>.</summary>
internal readonly record struct JournalEvent(string Name, object? Content);
