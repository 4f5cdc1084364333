namespace WeChat.UnionPush.Tests;

/// <summary>Tests that watch the whole process, such as its threads or its unobserved exceptions, so that no other test may run beside them.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
