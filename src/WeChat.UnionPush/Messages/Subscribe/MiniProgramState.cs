namespace WeChat.UnionPush;

/// <summary>Which version of the Mini Program a tap on a subscribe message opens (<c>miniprogram_state</c>).</summary>
public enum MiniProgramState
{
    /// <summary>The published version (<c>formal</c>, 正式版).</summary>
    Formal = 0,

    /// <summary>The trial version (<c>trial</c>, 体验版), for its testers.</summary>
    Trial,

    /// <summary>The version in development (<c>developer</c>, 开发版), for its developers.</summary>
    Developer,
}
