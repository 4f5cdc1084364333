using System.Net.Http.Json;
using System.Text.Json;

namespace AppHostSample;

/// <summary>A person of the simulated platform buys something in the shop.</summary>
internal sealed class OneOrder(Uri simulator, Uri shop)
{
    /// <summary>Follows the Official Account, which the platform tells the shop's callback URL, signs in and orders.</summary>
    /// <returns>The title of the message that the phone shows.</returns>
    public async Task<string> PlaceAsync(CancellationToken cancellationToken)
    {
        using var platform = new HttpClient { BaseAddress = simulator };
        using var client = new HttpClient { BaseAddress = shop };
        using var followed = await platform.PostAsJsonAsync("/api/people/0/follow", new { }, cancellationToken);
        followed.EnsureSuccessStatusCode();
        var code = await PostAsync(platform, "/api/people/0/enter", new { }, "code", cancellationToken);
        var session = await PostAsync(client, "/sign-in", new { code }, "session", cancellationToken);
        client.DefaultRequestHeaders.Authorization = new("Bearer", session);

        // The shop handles the event in the background, a moment after it took it.
        var order = new { id = Guid.NewGuid().ToString("N"), title = "《呼啸山庄》", total = 39.8 };
        while (await PostAsync(client, "/orders", order, "status", cancellationToken) != "Sent")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }

        var messages = await platform.GetFromJsonAsync<JsonElement>("/api/messages?kind=template&limit=1", cancellationToken);
        return messages.GetProperty("messages")[0].GetProperty("title").GetString()!;
    }

    private static async Task<string> PostAsync(HttpClient http, string path, object body, string property, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(path, body, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty(property).GetString()!;
    }
}
