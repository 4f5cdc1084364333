using System.CommandLine;
using System.Text;
using WeChat.UnionPush.Tool.Commands;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var root = new RootCommand("WeChat.UnionPush on the command line.")
{
    SimulateCommand.Create(),
    DoctorCommand.Create(),
    SyncCommand.Create(),
    CoverageCommand.Create(),
    WhoCommand.Create(),
    PushCommand.Create(),
    TemplatesCommand.Create(),
    OperatorCommands.CreateRid(),
    OperatorCommands.CreateQuota(),
    EventsCommand.Create(),
    BroadcastCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
