extern alias Generators;

using System.Collections.Immutable;
using System.Text;
using Generators::WeChat.UnionPush.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using WeChat.UnionPush.Tests.WeChatTemplates;

namespace WeChat.UnionPush.Tests.Messages;

public sealed class TemplateRecordGeneratorTests
{
    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp12, DocumentationMode.Diagnose);

    [Fact]
    public void The_output_for_the_sample_catalogue_is_the_reviewed_one() =>
        Assert.Equal(Resource("WeChatTemplates.g.cs.txt"), Source(Run(new File("templates.json", Resource("templates.json")))));

    [Fact]
    public void A_record_fills_its_template()
    {
        var paid = new 订单支付成功通知 { 商品名称 = "巧克力", 支付金额 = 39.8m, 支付时间 = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero), 订单编号 = "20261122001" };

        var message = paid.ToMessage();

        Assert.Equal("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY", message.TemplateId);
        Assert.Equal(
            [new("thing1", "巧克力"), new("amount2", "¥39.80"), new("time3", "2026年11月22日 10:00"), new("character_string4", "20261122001")],
            message.Fields);
        Assert.Empty(message.Validate());
        Assert.Equal("2026年11月22日 11:00", paid.ToBuilder(TimeZoneInfo.CreateCustomTimeZone("Tokyo", TimeSpan.FromHours(9), null, null)).Build().Fields[2].Value);
        Assert.Equal("https://example.com", paid.ToBuilder().Url("https://example.com").Build().Url);
    }

    [Fact]
    public void A_range_is_one_value()
    {
        var moment = new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(8));
        var booked = new 预约提醒门店
        {
            Thing1 = "一号店",
            预约日期 = new(2026, 11, 22),
            预约日期Until = new(2026, 11, 24),
            Time3 = moment,
            Time3Until = moment.AddHours(2),
            Time4 = moment,
            Number5 = 2,
            Class = "已预约",
            Name7 = "张三",
            车牌 = "粤A8Z888",
            电话 = "123",
            Hologram10 = "x",
        };

        Assert.Equal(
            ["一号店", "2026年11月22日~2026年11月24日", "2026年11月22日 10:00~12:00", "2026年11月22日 10:00", "2", "已预约", "张三", "粤A8Z888", "123", "x"],
            booked.ToMessage().Fields.Select(field => field.Value));
        Assert.Empty(booked.ToMessage().Validate());
    }

    [Fact]
    public void Hidden_keys_of_a_historical_template_need_not_be_set()
    {
        var prize = new 领取奖金提醒 { 领奖金额 = "5元", WithdrawTime = "今天", 银行信息 = "x" };

        Assert.Equal(["withdrawMoney", "withdrawTime", "cardInfo"], prize.ToMessage().Fields.Select(field => field.Key));
        Assert.Equal(["first", "withdrawMoney", "withdrawTime", "cardInfo", "remark"], (prize with { First = "a", Remark = "b" }).ToMessage().Fields.Select(field => field.Key));
    }

    [Fact]
    public void The_output_compiles_without_a_warning_for_any_catalogue()
    {
        var hostile = """
            {"errcode":0,"template_list":[
              {"template_id":"\"quoted\\\" \n","title":"</code> & \"x\" */ {0}",
               "content":"string:{{string.DATA}}\nString:{{String.DATA}}\nclass:{{class.DATA}}\nTemplateId:{{templateId.DATA}}\nA:{{TemplateId.DATA}}"},
              {"template_id":"b","title":"","content":"{{Clone.DATA}}{{clone.DATA}}{{equals.DATA}}{{message.DATA}}{{timeZone.DATA}}{{system.DATA}}{{global.DATA}}{{first.DATA}}"},
              {"template_id":"b2","title":"!!!","content":"x:{{date1.DATA}}\nxUntil:{{thing2.DATA}}\nXUntil:{{time3.DATA}}"},
              {"template_id":"b3","title":"???","content":"𠮷:{{thing4.DATA}}\ne\u0301:{{thing5.DATA}}\n\u00e9:{{thing6.DATA}}\na\u200db:{{thing7.DATA}}"},
              {"template_id":"c","title":"record","content":"record:{{record.DATA}}\nRecord:{{Record1.DATA}}"},
              {"template_id":"c","title":"twice","content":"{{x.DATA}}"},
              {"template_id":"d","title":"1st","content":"{{1.DATA}}{{_.DATA}}{{二.DATA}}"}
            ]}
            """;

        var result = Run([new File("/a/templates.json", hostile), new File("/b/brand-b.templates.json", Resource("templates.json"))], out var compilation);

        Assert.Empty(result.Diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void A_second_template_of_a_title_renames_no_record()
    {
        const string First = """{"template_id":"aaaaaaaaaa","title":"提醒","content":"{{thing1.DATA}}"}""";
        const string Second = """{"template_id":"b-b","title":"提醒!","content":"{{thing1.DATA}}"}""";
        const string Third = """{"template_id":"ccccccccccc","title":"提醒","content":"{{thing1.DATA}}"}""";
        const string Trap = """{"template_id":"d","title":"提醒_bb","content":"{{thing1.DATA}}"}""";

        Assert.Equal(["提醒"], RecordsOf($$"""{"template_list":[{{First}}]}"""));
        Assert.Equal(["提醒", "提醒_bb"], RecordsOf($$"""{"template_list":[{{First}},{{Second}}]}"""));
        Assert.Equal(["提醒", "提醒_bb", "提醒_cccccccc"], RecordsOf($$"""{"template_list":[{{First}},{{Second}},{{Third}}]}"""));
        Assert.Equal(["提醒", "提醒_bb_2", "提醒_bb"], RecordsOf($$"""{"template_list":[{{First}},{{Second}},{{Trap}}]}"""));
    }

    [Fact]
    public void A_file_of_any_name_with_the_metadata_makes_records()
    {
        var booked = new 取餐提醒 { 取餐号 = "A12", 门店 = "一号店" };
        var dated = new 取餐提醒_Zb8Yc6Xd { 取餐号 = "A12", 取餐日期 = new(2026, 11, 26, 1, 30, 0, TimeSpan.Zero) };

        Assert.Equal("QXfV1zA0bC3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW1xY", booked.ToMessage().TemplateId);
        Assert.Equal([new("character_string1", "A12"), new("time3", "2026年11月26日 09:30")], dated.ToMessage().Fields);
    }

    [Fact]
    public async Task Subscribe_messages_have_records_in_a_namespace_of_their_own()
    {
        await using var town = new Town();
        town.MiniProgram.AddSubscriptionTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}");
        using var list = new MemoryStream();
        await town.Services.GetRequiredService<WeChat.UnionPush.Templates.ISubscribeTemplateCatalog>().ExportAsync(list);

        var result = Run([new File("/a/templates.json", Resource("templates.json")), new File("/a/subscribe.templates.json", Encoding.UTF8.GetString(list.ToArray()))],
            out var compilation, "Shop");
        Assert.Empty(result.Diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        const string Use = """
            public static class Use
            {
                public static WeChat.UnionPush.TemplateMessage Make() => WeChat.UnionPush.TemplateMessage.Create("t").Set("a", "b")
                    .ForSubscribe(new Shop.WeChatTemplates.Subscribe.订单支付成功通知
                    {
                        商品名称 = "巧克力", 支付金额 = 39.8m, 支付时间 = new System.DateTimeOffset(2026, 11, 22, 2, 0, 0, System.TimeSpan.Zero),
                    }.ToBuilder().Page("pages/order").Build()).Build();
            }
            """;
        using var image = new MemoryStream();
        var emitted = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(Use, Parsing)).Emit(image);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        var message = (TemplateMessage)System.Reflection.Assembly.Load(image.ToArray()).GetType("Use")!.GetMethod("Make")!.Invoke(null, null)!;
        Assert.Equal(town.MiniProgram.SubscriptionTemplates[0].Id, message.Subscribe!.TemplateId);
        Assert.Equal([new("thing1", "巧克力"), new("amount2", "¥39.80"), new("time3", "2026年11月22日 10:00")], message.Subscribe.Fields);
        Assert.Equal("pages/order", message.Subscribe.Page);
    }

    [Theory]
    [InlineData("{\"data\":[]}", false)]
    [InlineData("{\"data\":[{\"priTmplId\":\"x\",\"title\":\"t\",\"content\":\"{{thing1.DATA}}\"}]}", true)]
    public void A_list_of_subscribe_messages_that_nobody_reads_is_told(string text, bool isTold) =>
        Assert.Equal(isTold ? ["UNIONPUSH002"] : [], Run([new File("/a/other.json", text)], out _).Diagnostics.Select(diagnostic => diagnostic.Id));

    [Theory]
    [InlineData("/a/our list.json", "true", true, false)]
    [InlineData("/a/list.txt", "TRUE", true, false)]
    [InlineData("/a/templates.json", "", true, false)]
    [InlineData("/a/brand.templates.json", null, true, false)]
    [InlineData("/a/templates.json", "false", false, false)]
    [InlineData("/a/our list.json", "false", false, false)]
    [InlineData("/a/our list.json", null, false, true)]
    [InlineData("/a/our list.json", "", false, true)]
    [InlineData("/a/mytemplates.json", null, false, true)]
    [InlineData("/a/list.txt", null, false, true)]
    public void The_metadata_decides_and_a_list_that_nobody_reads_is_told(string path, string? metadata, bool makesRecords, bool isTold)
    {
        var result = Run([new File(path, Resource("templates.json"), metadata)], out _);

        Assert.Equal(makesRecords ? 1 : 0, result.GeneratedTrees.Length);
        Assert.Equal(isTold ? ["UNIONPUSH002"] : [], result.Diagnostics.Select(diagnostic => diagnostic.Id));
        Assert.All(result.Diagnostics, diagnostic =>
        {
            Assert.Equal((DiagnosticSeverity.Warning, path), (diagnostic.Severity, diagnostic.Location.GetLineSpan().Path));
            Assert.Contains("WeChatTemplates=\"true\"", diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        });
    }

    /// <summary>What both READMEs print for a project named Shop: compiled, loaded and run, with the list under a name of its own and two templates of one title in it.</summary>
    [Theory]
    [InlineData("README.md")]
    [InlineData("README.zh-CN.md")]
    public async Task The_README_s_code_compiles_as_printed_and_runs(string readme)
    {
        var text = await System.IO.File.ReadAllTextAsync(Path.Combine(Architecture.Repository.Root, readme));
        var code = System.Text.RegularExpressions.Regex.Matches(text, "```csharp\n(.*?)```", System.Text.RegularExpressions.RegexOptions.Singleline)
            .Select(match => match.Groups[1].Value).Single(snippet => snippet.Contains("Shop.WeChatTemplates;", StringComparison.Ordinal));
        var name = System.Text.RegularExpressions.Regex.Match(text, "<AdditionalFiles Include=\"([^\"]+)\" WeChatTemplates=\"true\" />").Groups[1].Value;
        Assert.False(name is "" or "templates.json" || name.EndsWith(".templates.json", StringComparison.Ordinal), "The README shows a file of another name with the metadata.");
        const string Paid = """{"template_id":"paid","title":"订单支付成功通知","content":"商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}"}""";
        const string PaidToo = """{"template_id":"another","title":"订单支付成功通知","content":"商品名称:{{thing1.DATA}}\n支付时间:{{time3.DATA}}"}""";

        Run([new File($"/shop/{name}", $$"""{"template_list":[{{Paid}},{{PaidToo}}]}""", "true")], out var compilation, "Shop");
        var usings = CSharpSyntaxTree.ParseText("global using System; global using System.Threading; global using System.Threading.Tasks;", Parsing);
        compilation = compilation.AddSyntaxTrees(usings, CSharpSyntaxTree.ParseText(code, Parsing));
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));

        var type = System.Reflection.Assembly.Load(image.ToArray()).GetTypes()
            .Single(type => type.GetConstructors().Any(constructor => constructor.GetParameters() is [{ ParameterType: var parameter }] && parameter == typeof(IUnionPush)));
        await using var town = new Town();
        town.Account.AddTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}", templateId: "paid");
        var person = await town.AddReachablePersonAsync();
        var method = type.GetMethods().Single(method => method.ReturnType == typeof(Task<PushResult>));
        var result = await (Task<PushResult>)method.Invoke(
            Activator.CreateInstance(type, town.Push), [person.OpenIdIn(town.MiniProgram), "巧克力", 39.8m, new DateTimeOffset(2026, 11, 26, 2, 0, 0, TimeSpan.Zero)])!;

        Assert.Equal(PushStatus.Sent, result.Status);
        Assert.Equal("商品名称:巧克力\n支付金额:¥39.80\n支付时间:2026年11月26日 10:00", Assert.Single(town.Account.MessagesTo(person)).Text);
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("[]", 1, 1)]
    [InlineData("{}", 1, 1)]
    [InlineData("{\"errcode\":40001,\"errmsg\":\"invalid credential\"}", 1, 1)]
    [InlineData("{\n  \"template_list\": {}\n}", 2, 20)]
    [InlineData("{\n  \"template_list\": [\n    {\n      \"title\": \"x\"\n    }\n  ]\n}", 3, 5)]
    [InlineData("{\n  \"template_list\": [\n    { \"template_id\": 5 }\n  ]\n}", 3, 22)]
    [InlineData("{\n  \"template_list\": [],\n}", 3, 1)]
    [InlineData("{\n  \"template_list\": []\n}\n<html>", 4, 1)]
    [InlineData("{\n  \"x\": nope,\n  \"template_list\": []\n}", 2, 8)]
    [InlineData("{\n  \"x\": \"\\q\"", 2, 10)]
    [InlineData("{\n  \"x\": \"open", 2, 8)]
    [InlineData("{\n  \"template_list\": [\n", 3, 1)]
    public void A_malformed_file_gives_one_diagnostic_with_its_place(string text, int line, int column)
    {
        var result = Run(new File("/src/templates.json", text));

        var diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal("UNIONPUSH001", diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        var at = diagnostic.Location.GetLineSpan();
        Assert.Equal(("/src/templates.json", line, column), (at.Path, at.StartLinePosition.Line + 1, at.StartLinePosition.Character + 1));
        Assert.Empty(result.GeneratedTrees);
    }

    [Fact]
    public void A_file_nested_beyond_reason_is_malformed() =>
        Assert.Single(Run(new File("templates.json", "{\"x\":" + new string('[', 100_000))).Diagnostics);

    [Fact]
    public void A_malformed_file_does_not_hide_a_good_one()
    {
        var result = Run(new File("/a/templates.json", "nonsense"), new File("/b/templates.json", Resource("templates.json")));

        Assert.Single(result.Diagnostics);
        Assert.Single(result.GeneratedTrees);
    }

    [Fact]
    public void Other_files_and_an_empty_list_make_nothing()
    {
        var result = Run(new File("/a/mytemplates.json", "nonsense"), new File("/a/appsettings.json", "nonsense"), new File("/a/Templates.json", "{\"template_list\":[]}"));

        Assert.Empty(result.Diagnostics);
        Assert.Empty(result.GeneratedTrees);
    }

    [Theory]
    [InlineData("My.App", "My.App.WeChatTemplates")]
    [InlineData("My.class", "My.@class.WeChatTemplates")]
    [InlineData("", "WeChatTemplates")]
    [InlineData("my-app", "WeChatTemplates")]
    public void The_namespace_stands_beneath_the_root_namespace(string root, string expected) =>
        Assert.Contains($"namespace {expected}\n", Source(Run([new File("templates.json", Resource("templates.json"))], out _, root)), StringComparison.Ordinal);

    [Fact]
    public void An_edit_elsewhere_makes_nothing_anew()
    {
        var file = new File("templates.json", Resource("templates.json"));
        var compilation = Compilation();
        var driver = Driver([file], "My").RunGenerators(compilation);

        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Unrelated { }", Parsing)));
        Assert.All(Reasons(driver), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));

        driver = driver.ReplaceAdditionalText(file, new File("templates.json", Resource("templates.json"))).RunGenerators(compilation);
        Assert.All(Reasons(driver), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));

        driver = driver.ReplaceAdditionalTexts([new File("templates.json", "{\"template_list\":[]}")]).RunGenerators(compilation);
        Assert.Contains(Reasons(driver), reason => reason != IncrementalStepRunReason.Cached);
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorDriver driver)
    {
        var outputs = driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs).ToList();
        Assert.NotEmpty(outputs);
        return outputs.Select(output => output.Reason);
    }

    private static IEnumerable<string> RecordsOf(string text) =>
        Run(new File("templates.json", text)).GeneratedTrees.Single().GetRoot().DescendantNodes()
            .OfType<Microsoft.CodeAnalysis.CSharp.Syntax.RecordDeclarationSyntax>().Select(record => record.Identifier.Text);

    private static string Source(GeneratorDriverRunResult result) => result.GeneratedTrees.Single().GetText().ToString();

    private static GeneratorDriverRunResult Run(params File[] files) => Run(files, out _);

    private static GeneratorDriverRunResult Run(File[] files, out Compilation compilation, string rootNamespace = "WeChat.UnionPush.Tests") =>
        Driver(files, rootNamespace).RunGeneratorsAndUpdateCompilation(Compilation(), out compilation, out _).GetRunResult();

    private static GeneratorDriver Driver(File[] files, string rootNamespace) => CSharpGeneratorDriver.Create(
        [new TemplateRecordGenerator().AsSourceGenerator()],
        [.. files],
        Parsing,
        new Options(rootNamespace),
        new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    private static CSharpCompilation Compilation() => CSharpCompilation.Create(
        "host",
        [CSharpSyntaxTree.ParseText("class Program { }", Parsing)],
        LoadedReferences.Without("WeChat.UnionPush.Generators"),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, warningLevel: 9999, nullableContextOptions: NullableContextOptions.Enable));

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(TemplateRecordGeneratorTests).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private sealed class File(string path, string text, string? metadata = null) : AdditionalText
    {
        public string? Metadata { get; } = metadata;

        public override string Path { get; } = path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }

    private sealed class Options(string rootNamespace) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Global(rootNamespace);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new OfFile(((File)textFile).Metadata);

        private sealed class OfFile(string? metadata) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
            {
                value = key == "build_metadata.AdditionalFiles.WeChatTemplates" ? metadata : null;
                return value is not null;
            }
        }

        private sealed class Global(string rootNamespace) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, out string value)
            {
                value = rootNamespace;
                return key == "build_property.RootNamespace";
            }
        }
    }
}
