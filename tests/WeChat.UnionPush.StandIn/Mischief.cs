namespace WeChat.UnionPush.StandIn;

/// <summary>What the stand-in does to its callers. All of it is allowed by HTTP and JSON, or was seen of the platform and the gateways before it.</summary>
[Flags]
public enum Mischief : ulong
{
    None = 0,

    // The list of followers.

    /// <summary>Pages of 17 rows.</summary>
    SmallPages = 1UL << 0,

    /// <summary>One page in the middle is empty, once, and looks like the end of the list. Brings small pages.</summary>
    EmptyPageLikeTheEnd = 1UL << 1,

    /// <summary>One page in the middle has no rows, once, but a cursor. Brings small pages.</summary>
    EmptyPageWithCursor = 1UL << 2,

    /// <summary><c>total</c> is half of the truth.</summary>
    TotalTooSmall = 1UL << 3,

    /// <summary><c>total</c> counts three people more than are listed.</summary>
    TotalTooLarge = 1UL << 4,

    /// <summary>The last page with rows has an empty <c>next_openid</c>.</summary>
    LastPageWithoutCursor = 1UL << 5,

    /// <summary>The page after the last repeats the cursor that was sent.</summary>
    EndRepeatsCursor = 1UL << 6,

    /// <summary><c>next_openid</c> is the first row of the next page, as the newest page of the documentation words it.</summary>
    CursorIsNextRow = 1UL << 7,

    /// <summary>Empty strings among the rows, counted in <c>count</c>.</summary>
    EmptyRows = 1UL << 8,

    /// <summary>Pages overlap, and name somebody twice.</summary>
    DoubledListRows = 1UL << 9,

    /// <summary>Each page after the first comes in another order.</summary>
    ShuffledListRows = 1UL << 10,

    // Details in batches.

    ShuffledRows = 1UL << 11,

    /// <summary>Every seventh person is left out of batches.</summary>
    MissingRows = 1UL << 12,

    DoubledRows = 1UL << 13,

    /// <summary>Batches have rows of people who were not asked for, with wrong facts.</summary>
    ForeignRows = 1UL << 14,

    /// <summary>A batch in which one person does not follow is refused with 40003.</summary>
    BatchRefusesStrangers = 1UL << 15,

    /// <summary>A batch with one of a few people in it is no JSON; asked for alone, these people are well.</summary>
    BrokenBatches = 1UL << 16,

    /// <summary>Batches leave the UnionID of every third person out; <c>user/info</c> has it.</summary>
    LateUnionIds = 1UL << 17,

    // Connections.

    /// <summary>Answers are compressed with gzip, asked for or not.</summary>
    Gzip = 1UL << 18,

    /// <summary>Answers are compressed with Brotli, asked for or not.</summary>
    Brotli = 1UL << 19,

    /// <summary>Answers are compressed with deflate, asked for or not.</summary>
    Deflate = 1UL << 20,

    /// <summary>HTTP/1.0: no Content-Length, the end of the connection ends the answer.</summary>
    Http10 = 1UL << 21,

    /// <summary>Answers come byte by byte.</summary>
    Drip = 1UL << 22,

    /// <summary>Chunked answers with odd sizes, extensions and trailers.</summary>
    Chunked = 1UL << 23,

    /// <summary>Every other time, the request is handled and the connection closed without an answer.</summary>
    CloseBeforeAnswer = 1UL << 24,

    /// <summary>Every other time, the connection is closed in the middle of the answer.</summary>
    CloseInAnswer = 1UL << 25,

    /// <summary>Every other time, the connection is reset instead of answering.</summary>
    Reset = 1UL << 26,

    /// <summary>The connection is closed after each answer, without saying so.</summary>
    CloseWhenIdle = 1UL << 27,

    /// <summary>A connection takes three requests, and the third answer says that it is the last.</summary>
    ThreeRequestsPerConnection = 1UL << 28,

    /// <summary>100 Continue and 103 Early Hints come before each answer.</summary>
    InterimAnswers = 1UL << 29,

    /// <summary>Header names in odd case, no reason phrase, unknown headers, media types nobody knows.</summary>
    OddHeaders = 1UL << 30,

    /// <summary>Every answer is <c>text/plain; charset=utf8</c>, a name .NET does not know.</summary>
    TextPlain = 1UL << 31,

    /// <summary>Every other time a gateway answers 502 with a page of HTML.</summary>
    BadGateway = 1UL << 32,

    /// <summary>Every other time a gateway answers 504 with nothing.</summary>
    EmptyGatewayTimeout = 1UL << 33,

    // JSON.

    /// <summary>Numbers are strings.</summary>
    NumbersAsText = 1UL << 34,

    /// <summary>Whole numbers end in <c>.0</c>.</summary>
    NumbersWithFraction = 1UL << 35,

    /// <summary>Successful answers carry <c>"errcode":null,"errmsg":null</c>.</summary>
    NullErrorCode = 1UL << 36,

    /// <summary>All successful answers carry <c>"errcode":0,"errmsg":"ok"</c>.</summary>
    ZeroErrorCode = 1UL << 37,

    /// <summary>A byte order mark comes first.</summary>
    ByteOrderMark = 1UL << 38,

    /// <summary>Raw control characters inside free texts.</summary>
    ControlCharacters = 1UL << 39,

    /// <summary>Bytes that are no UTF-8 inside free texts.</summary>
    InvalidUtf8 = 1UL << 40,

    /// <summary>Unknown members of every kind, in every object.</summary>
    ExtraMembers = 1UL << 41,

    /// <summary>Unknown members that are nested 200 deep.</summary>
    DeepMembers = 1UL << 42,

    /// <summary>Members in another order each time.</summary>
    ShuffledMembers = 1UL << 43,

    /// <summary>What is missing elsewhere is there and null.</summary>
    NullMembers = 1UL << 44,

    /// <summary>Every character of names and texts is written <c>\uXXXX</c>.</summary>
    EscapedText = 1UL << 45,

    /// <summary>Blanks, tabs and line ends wherever JSON allows them.</summary>
    Blanks = 1UL << 46,

    /// <summary>UnionIDs have a blank on either side.</summary>
    BlanksAroundUnionIds = 1UL << 47,

    // Tokens and messages.

    /// <summary>Somebody else renews the token every 40 calls; the ordinary token call hands out the new one.</summary>
    TokenTaken = 1UL << 48,

    /// <summary>The first token is refused once it was used a while, and the ordinary token call goes on handing it out.</summary>
    TokenStuck = 1UL << 49,

    /// <summary>Tokens of 512 characters, some of which a query must escape, and 345 s left.</summary>
    OddTokens = 1UL << 50,

    /// <summary>Every other time the platform is busy (-1).</summary>
    Busy = 1UL << 51,

    /// <summary>A repeated message is answered with 44007.</summary>
    RepeatsAreErrors = 1UL << 52,

    /// <summary>Accepted messages have no readable <c>msgid</c>.</summary>
    NoMessageId = 1UL << 53,

    /// <summary>A sign-in has no UnionID.</summary>
    SignInWithoutUnionId = 1UL << 54,

    /// <summary>Faults of the connection also hit calls that cannot be repeated, such as the sign-in.</summary>
    HitsEverything = 1UL << 55,

    /// <summary>Answers point elsewhere with 302, and whoever follows breaks a rule.</summary>
    Redirect = 1UL << 56,
}
