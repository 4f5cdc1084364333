namespace WeChat.UnionPush.Tests;

/// <summary>Something that is run in many orders. Made anew for each run; throws when a promise was broken.</summary>
internal interface IScenario
{
    Task RunAsync(Schedule schedule);
}
