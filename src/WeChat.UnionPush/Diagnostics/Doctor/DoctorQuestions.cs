using WeChat.UnionPush.Templates;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>What an examination cannot know by itself.</summary>
public sealed class DoctorQuestions
{
    /// <summary>
    /// The URL that the console has for message push (消息推送). When it is given, it is asked to echo, signed as the platform signs. Only its scheme, host and path
    /// are shown. <see langword="null"/> by default.
    /// </summary>
    public Uri? CallbackUrl { get; set; }

    /// <summary>The templates that the host's typed records were made from, whose keys the account's templates must have. None by default.</summary>
    public IReadOnlyCollection<MessageTemplate> ExpectedTemplates { get; set; } = [];

    /// <summary>Whether the stores are examined; <see langword="true"/> by default. A program beside the host that has no store of the host's leaves it out.</summary>
    public bool ExaminesStores { get; set; } = true;
}
