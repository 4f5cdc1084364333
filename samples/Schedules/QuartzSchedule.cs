using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace SchedulesSample;

/// <summary>Both jobs on Quartz. In memory here; with a job store on a database the schedule is shared by all machines.</summary>
internal static class QuartzSchedule
{
    private static readonly JobKey Followers = new("followers");
    private static readonly JobKey News = new("news");

    public static void AddQuartzSchedule(this IServiceCollection services)
    {
        var chinaTime = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
        services.AddQuartz(quartz =>
        {
            quartz.AddJob<SyncJob>(static job => job.WithIdentity(Followers));
            quartz.AddTrigger(trigger => trigger.ForJob(Followers).WithCronSchedule("0 0 3 * * ?", cron => cron.InTimeZone(chinaTime)));
            quartz.AddJob<NewsJob>(static job => job.WithIdentity(News));
            quartz.AddTrigger(trigger => trigger.ForJob(News).WithCronSchedule("0 0 10 ? * MON", cron => cron.InTimeZone(chinaTime)));
        });
        services.AddQuartzHostedService(static options => options.WaitForJobsToComplete = true);
    }

    /// <summary>Runs one job after the other, and ends when both have.</summary>
    public static async Task RunNowAsync(IScheduler scheduler)
    {
        foreach (var key in new[] { Followers, News })
        {
            var end = new JobEnd(key);
            scheduler.ListenerManager.AddJobListener(end, []);
            await scheduler.TriggerJob(key);
            await end.Task;
        }
    }

    [DisallowConcurrentExecution]
    private sealed class SyncJob(NightlySync job) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await job.RunAsync(cancellationToken);
    }

    [DisallowConcurrentExecution]
    private sealed class NewsJob(WeeklyNews job) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await job.RunAsync(cancellationToken);
    }

    /// <summary>Tells that a job has run, or why it failed.</summary>
    private sealed class JobEnd(JobKey key) : IJobListener
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => $"end of {key}";

        public Task Task => _end.Task;

        public ValueTask JobWasExecuted(IJobExecutionContext context, JobExecutionException? jobException, CancellationToken cancellationToken)
        {
            if (!context.JobDetail.Key.Equals(key))
            {
                return default;
            }

            if (jobException is null)
            {
                _end.TrySetResult();
            }
            else
            {
                _end.TrySetException(jobException);
            }

            return default;
        }
    }
}
