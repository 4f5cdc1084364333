namespace WeChat.UnionPush.Storage;

/// <summary>What a person chose with "always keep this choice" (总是保持以上选择).</summary>
public enum ConsentHabit
{
    /// <summary>Nothing: the person is asked at each tap. Also where it is not known.</summary>
    Asked = 0,

    /// <summary>Always accepts: each tap allows one more message, without a question.</summary>
    AlwaysAccepts,

    /// <summary>Always refuses: no message arrives until the person changes it in the settings.</summary>
    AlwaysRefuses,
}
