using Hangfire;
using Hangfire.InMemory;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;

namespace SchedulesSample;

/// <summary>Both jobs on Hangfire. In memory here; with a storage of Hangfire's on a database the schedule is shared by all machines.</summary>
internal static class HangfireSchedule
{
    private static readonly RecurringJobOptions ChinaTime = new() { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai") };

    public static void AddHangfireSchedule(this IServiceCollection services)
    {
        services.AddHangfire(static configuration => configuration.UseInMemoryStorage());
        services.AddHangfireServer(static options =>
        {
            options.WorkerCount = 2;
            options.SchedulePollingInterval = TimeSpan.FromSeconds(1);
        });
    }

    public static void Plan(IRecurringJobManager jobs)
    {
        // Hangfire replaces the token by the one of its server.
        jobs.AddOrUpdate<NightlySync>("followers", static job => job.RunAsync(CancellationToken.None), Cron.Daily(3), ChinaTime);
        jobs.AddOrUpdate<WeeklyNews>("news", static job => job.RunAsync(CancellationToken.None), Cron.Weekly(DayOfWeek.Monday, 10), ChinaTime);
    }

    /// <summary>Runs one job after the other, and ends when both have.</summary>
    public static async Task RunNowAsync(IServiceProvider services)
    {
        var jobs = services.GetRequiredService<IRecurringJobManagerV2>();
        var monitor = services.GetRequiredService<JobStorage>().GetMonitoringApi();
        foreach (var name in new[] { "followers", "news" })
        {
            var id = jobs.TriggerJob(name);
            while (StateOf(monitor.JobDetails(id)?.History.FirstOrDefault()?.StateName, name) != SucceededState.StateName)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }

        // Hangfire would try a failed job again for days; who waits for it here wants to know.
        static string? StateOf(string? state, string name) =>
            state == FailedState.StateName || state == ScheduledState.StateName ? throw new InvalidOperationException($"The job {name} failed.") : state;
    }
}
