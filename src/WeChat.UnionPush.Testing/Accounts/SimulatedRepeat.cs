namespace WeChat.UnionPush.Testing;

/// <summary>The answer to a send whose <c>client_msg_id</c> was accepted for the same person within the last ten minutes. The platform does not document it.</summary>
public enum SimulatedRepeat
{
    /// <summary><c>errcode</c> 0 and the message id of the first send.</summary>
    SameAnswer = 0,

    /// <summary>44007 (<c>repeated msg id</c>).</summary>
    Error = 1,
}
