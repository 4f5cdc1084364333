using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The services of a registration that keeps receipts.</summary>
internal static class ReceiptServices
{
    public static void Add(Registrations registrations, Registration registration)
    {
        if (registration.HasReceipts)
        {
            return;
        }

        var (name, key) = (registration.Name, registration.Key);
        registration.HasReceipts = true;
        registrations.Add(key, provider => new MessageReceiptLog(
            provider.OptionsOf(name).OfficialAccount.AppId,
            provider.Get<IMessageReceipts>(key),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MessageReceiptLog>>()));
        registrations.Services.AddSingleton<IHostedService>(provider => new ExpiryService(
            "receipts",
            provider.Get<IMessageReceipts>(key).ExpireAsync,
            provider.OptionsOf(name).Receipts.KeepFor,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ExpiryService>>()));
    }
}
