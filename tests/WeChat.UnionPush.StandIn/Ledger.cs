using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.StandIn;

/// <summary>The platform's truth: one Official Account, one Mini Program, and the people.</summary>
public sealed class Ledger
{
    public const string OfficialAccountAppId = "wx5a1e0d2c3b4f6987";
    public const string MiniProgramAppId = "wx9c8b7a6f5e4d3c21";

    private readonly TimeProvider _time;
    private readonly int _seed;
    private readonly List<Person> _people = [];
    private readonly Dictionary<string, Person> _byOpenId = [];
    private readonly Dictionary<string, Person> _byMiniProgramOpenId = [];
    private readonly List<string> _secrets = [];
    private int _codes;

    internal Ledger(TimeProvider time, int seed)
    {
        _time = time;
        _seed = seed;
        OfficialAccountSecret = Text("secret of the account", 0, 32, "0123456789abcdef");
        MiniProgramSecret = Text("secret of the mini program", 0, 32, "0123456789abcdef");
        _secrets.AddRange([OfficialAccountSecret, MiniProgramSecret]);
        Templates.Add(new OwnedTemplate(Text("template", 0, 43), "订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}\n"));
        Templates.Add(new OwnedTemplate(Text("template", 1, 43), "购买成功通知", "{ {first.DATA} }\n商品:{ {keyword1.DATA} }\n{ {remark.DATA} }"));
    }

    public string OfficialAccountSecret { get; }

    public string MiniProgramSecret { get; }

    /// <summary>Held while a request is handled.</summary>
    public Lock Gate { get; } = new();

    public IReadOnlyList<Person> People => _people;

    public IReadOnlyList<Person> Followers
    {
        get
        {
            lock (Gate)
            {
                return [.. _people.Where(person => person.Follows)];
            }
        }
    }

    /// <summary>App secrets, tokens, login codes and session keys that were handed out: none of them belongs in a log, a trace or an exception.</summary>
    public IReadOnlyList<string> Secrets
    {
        get
        {
            lock (Gate)
            {
                return [.. _secrets];
            }
        }
    }

    /// <summary>What was accepted, in order.</summary>
    public IReadOnlyList<AcceptedMessage> Messages
    {
        get
        {
            lock (Gate)
            {
                return [.. Accepted];
            }
        }
    }

    /// <summary>Ids of the templates that the account has, in order.</summary>
    public IReadOnlyList<string> TemplateIds
    {
        get
        {
            lock (Gate)
            {
                return [.. Templates.Select(template => template.Id)];
            }
        }
    }

    internal List<AcceptedMessage> Accepted { get; } = [];

    internal List<OwnedTemplate> Templates { get; } = [];

    internal Dictionary<string, LoginCode> Codes { get; } = [];

    internal Dictionary<string, int> CallsByPath { get; } = [];

    internal Dictionary<string, RequestRecord> Records { get; } = [];

    internal (int Primary, int Secondary) Industries { get; set; } = (1, 4);

    internal int QuotaClears { get; set; }

    internal DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Both apps belong to one Open Platform account; without that, nobody has a UnionID.</summary>
    public bool IsBound { get; set; } = true;

    internal List<BlockedMessage> Blocked { get; } = [];

    /// <summary>How many requests came to a path, answered or not.</summary>
    public int CallsOf(string path)
    {
        lock (Gate)
        {
            return CallsByPath.GetValueOrDefault(path);
        }
    }

    public Person AddPerson(bool follows = true, bool leavesWhenListed = false)
    {
        lock (Gate)
        {
            var number = _people.Count;
            var person = new Person(number, "o" + Text("openid", number, 27), "o" + Text("mini program openid", number, 27), "o" + Text("unionid", number, 27))
            {
                Follows = follows,
                LeavesWhenListed = leavesWhenListed,
                FollowedAt = Now.ToUnixTimeSeconds() - number,
            };
            _people.Add(person);
            _byOpenId.Add(person.OpenId, person);
            _byMiniProgramOpenId.Add(person.MiniProgramOpenId, person);
            return person;
        }
    }

    public void Follow(Person person)
    {
        lock (Gate)
        {
            (person.Follows, person.FollowedAt) = (true, Now.ToUnixTimeSeconds());
        }
    }

    public void Unfollow(Person person)
    {
        lock (Gate)
        {
            person.Follows = false;
        }
    }

    /// <summary>As <c>wx.login</c>: the code works once, for five minutes, and makes a new session key.</summary>
    public string CreateLoginCode(Person person)
    {
        lock (Gate)
        {
            var code = "0" + Text("code", _codes++, 31);
            var login = new LoginCode(person, Now + TimeSpan.FromMinutes(5));
            Codes.Add(code, login);
            _secrets.AddRange([code, login.SessionKey]);
            return code;
        }
    }

    /// <summary>As <c>wx.getUserInfo</c> after the sign-in with the code.</summary>
    public OpenDataOfPerson CreateOpenData(Person person, string code)
    {
        lock (Gate)
        {
            var key = Codes[code].SessionKey;
            var iv = Bytes("iv", person.Number)[..16];
            const string rawData = """{"nickName":"Band","gender":1,"language":"zh_CN","city":"广州"}""";
            var watermark = $$"""{"timestamp":{{Now.ToUnixTimeSeconds()}},"appid":"{{MiniProgramAppId}}"}""";
            var plain = $$"""{"openId":"{{person.MiniProgramOpenId}}","nickName":"Band","unionId":"{{person.UnionId}}","watermark":{{watermark}}}""";
            using var aes = Aes.Create();
            aes.Key = Convert.FromBase64String(key);
            var encrypted = aes.EncryptCbc(Encoding.UTF8.GetBytes(plain), iv);
#pragma warning disable CA5350 // the platform signs with SHA-1
            var signature = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(rawData + key)));
#pragma warning restore CA5350
            return new OpenDataOfPerson(Convert.ToBase64String(encrypted), Convert.ToBase64String(iv), rawData, signature);
        }
    }

    /// <summary>A message of the template was blocked for its content.</summary>
    public long Block(string templateId, string content, Person person)
    {
        lock (Gate)
        {
            var message = new BlockedMessage(1000 + Blocked.Count, templateId, "订单支付成功通知", content, Now.ToUnixTimeSeconds(), person.OpenId);
            Blocked.Add(message);
            return message.Id;
        }
    }

    /// <summary>How often a login code has come.</summary>
    public int UsesOf(string code)
    {
        lock (Gate)
        {
            return Codes[code].Uses;
        }
    }

    internal void AddSecret(string secret) => _secrets.Add(secret);

    internal Person? FindByOpenId(string openId) => _byOpenId.GetValueOrDefault(openId);

    internal Person? FindByMiniProgramOpenId(string openId) => _byMiniProgramOpenId.GetValueOrDefault(openId);

    internal byte[] Bytes(string kind, int number) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_seed}/{kind}/{number}")));

    internal string Text(string kind, int number, int length, string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    {
        var text = new StringBuilder(length);
        for (var block = 0; text.Length < length; block++)
        {
            foreach (var one in Bytes($"{kind}/{block}", number))
            {
                text.Append(alphabet[one % alphabet.Length]);
            }
        }

        return text.ToString(0, length);
    }
}

internal sealed record OwnedTemplate(string Id, string Title, string Content);

internal sealed class LoginCode(Person person, DateTimeOffset until)
{
    public Person Person { get; } = person;

    public DateTimeOffset Until { get; } = until;

    public string SessionKey { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    public int Uses { get; set; }
}

internal sealed record RequestRecord(long At, string Url, string Body, string Answer);

internal sealed record BlockedMessage(long Id, string TemplateId, string Title, string Content, long SentAt, string OpenId);
