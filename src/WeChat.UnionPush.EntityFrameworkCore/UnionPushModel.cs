using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>
/// The library's tables in the model of a host's context. Names, sizes and conversions are all said, so that what a host sets by convention for its own
/// entities does not reach these.
/// </summary>
internal sealed class UnionPushModel(ModelBuilder modelBuilder, string? schema, string? collation)
{
    private const int IdLength = 128;
    private const int LongKeyLength = 255;
    private const int DeduplicationKeyLength = 420;
    private const int LeaseIdLength = 64;
    private const int StatusTextLength = 200;

    // While a model is built, only what a provider noted in it beforehand tells which one it is.
    private readonly string? _collation = collation ?? modelBuilder.Model.GetAnnotations().Select(static annotation => annotation.Name.Split(':')[0] switch
    {
        "SqlServer" => "Latin1_General_100_BIN2",
        "Npgsql" => "C",
        "MySql" or "MySQL" => "utf8mb4_bin",
        _ => null,
    }).FirstOrDefault(static known => known is not null);

    public void Build()
    {
        Table<GateRow>("unionpush_gate", row =>
        {
            row.HasKey(static gate => gate.Id);
            row.Property(static gate => gate.Id).HasColumnName("id").ValueGeneratedNever();
            row.Property(static gate => gate.Turn).HasColumnName("turn");
            row.HasData(GateRow.All);
        });
        Table<IdentityRow>("unionpush_identity", row =>
        {
            row.HasKey(static identity => new { identity.AppId, identity.OpenId });
            Id(row, static identity => identity.AppId, "app_id");
            Id(row, static identity => identity.OpenId, "open_id");
            Id(row, static identity => identity.UnionId, "union_id").IsRequired(false);
            row.Property(static identity => identity.FollowState).HasColumnName("follow_state");
            row.Property(static identity => identity.ObservedAt).HasColumnName("observed_at");
            row.Property(static identity => identity.DetailsAt).HasColumnName("details_at");
            row.Property(static identity => identity.FollowChangedAt).HasColumnName("follow_changed_at");
            row.Property(static identity => identity.Version).HasColumnName("version").IsConcurrencyToken();
            row.HasIndex(static identity => new { identity.UnionId, identity.AppId }).HasDatabaseName("unionpush_identity_union_id");
        });
        Table<ErasureRow>("unionpush_erasure", row =>
        {
            row.HasKey(static erasure => erasure.Key);
            Text(row, static erasure => erasure.Key, "key").HasMaxLength(LeaseIdLength);
            row.Property(static erasure => erasure.Number).HasColumnName("number");
            row.Property(static erasure => erasure.ErasedAt).HasColumnName("erased_at");
            row.Property(static erasure => erasure.FollowChangedAt).HasColumnName("follow_changed_at");
            row.Property(static erasure => erasure.IsOver).HasColumnName("is_over");
            row.HasIndex(static erasure => erasure.Number).HasDatabaseName("unionpush_erasure_number");
        });
        Table<AccessTokenRow>("unionpush_access_token", row =>
        {
            row.HasKey(static token => token.Key);
            Id(row, static token => token.Key, "key").HasMaxLength(LongKeyLength);
            Text(row, static token => token.Token, "token").IsRequired(false);
            row.Property(static token => token.ExpiresAt).HasColumnName("expires_at");
            row.Property(static token => token.FetchedAt).HasColumnName("fetched_at");
            row.Property(static token => token.ForcedAt).HasColumnName("forced_at");
            row.Property(static token => token.ForcedCount).HasColumnName("forced_count");
        });
        Table<FollowerSyncRow>("unionpush_follower_sync", row =>
        {
            row.HasKey(static sync => sync.AppId);
            Id(row, static sync => sync.AppId, "app_id");
            row.Property(static sync => sync.WalkStartedAt).HasColumnName("walk_started_at");
            Id(row, static sync => sync.NextOpenId, "next_open_id").HasMaxLength(LongKeyLength).IsRequired(false);
            row.Property(static sync => sync.InProgress).HasColumnName("in_progress");
            row.Property(static sync => sync.IsFull).HasColumnName("is_full");
            row.Property(static sync => sync.Listed).HasColumnName("listed");
            row.Property(static sync => sync.Detailed).HasColumnName("detailed");
            row.Property(static sync => sync.Calls).HasColumnName("calls");
            row.Property(static sync => sync.CallsOn).HasColumnName("calls_on");
            row.Property(static sync => sync.CompletedAt).HasColumnName("completed_at");
            row.Property(static sync => sync.DoubtedAt).HasColumnName("doubted_at");
            row.Property(static sync => sync.Doubted).HasColumnName("doubted");
            row.Property(static sync => sync.Unlinked).HasColumnName("unlinked");
        });
        Table<LeaseRow>("unionpush_lease", row =>
        {
            row.HasKey(static lease => lease.Key);
            Id(row, static lease => lease.Key, "key").HasMaxLength(LongKeyLength);
            Text(row, static lease => lease.Owner, "owner").HasMaxLength(LeaseIdLength);
            row.Property(static lease => lease.ExpiresAt).HasColumnName("expires_at");
        });
        Table<EventRow>("unionpush_event", row =>
        {
            row.HasKey(static one => one.Id);
            row.Property(static one => one.Id).HasColumnName("id").ValueGeneratedOnAdd();
            Id(row, static one => one.AppId, "app_id");
            Id(row, static one => one.DeduplicationKey, "deduplication_key").HasMaxLength(DeduplicationKeyLength);
            Id(row, static one => one.OpenId, "open_id");
            row.Property(static one => one.Body).HasColumnName("body").IsRequired(false);
            row.Property(static one => one.AvailableAt).HasColumnName("available_at");
            row.Property(static one => one.Attempt).HasColumnName("attempt");
            Text(row, static one => one.LeaseId, "lease_id").HasMaxLength(LeaseIdLength).IsRequired(false);
            row.Property(static one => one.SettledAt).HasColumnName("settled_at");
            row.Property(static one => one.BuriedAt).HasColumnName("buried_at");
            Text(row, static one => one.Progress, "progress").IsRequired(false);
            row.HasIndex(static one => new { one.AppId, one.DeduplicationKey }).IsUnique().HasDatabaseName("unionpush_event_key");
            row.HasIndex(static one => new { one.SettledAt, one.AvailableAt, one.Id }).HasDatabaseName("unionpush_event_waiting");
            row.HasIndex(static one => new { one.AppId, one.OpenId, one.LeaseId }).HasDatabaseName("unionpush_event_out");
            row.HasIndex(static one => new { one.AppId, one.BuriedAt }).HasDatabaseName("unionpush_event_buried");
        });
        Table<ReceiptRow>("unionpush_receipt", row =>
        {
            row.HasKey(static receipt => new { receipt.AppId, receipt.MessageId });
            Id(row, static receipt => receipt.AppId, "app_id");
            row.Property(static receipt => receipt.MessageId).HasColumnName("message_id").ValueGeneratedNever();
            Id(row, static receipt => receipt.OpenId, "open_id").IsRequired(false);
            Id(row, static receipt => receipt.TemplateId, "template_id").IsRequired(false);
            Id(row, static receipt => receipt.CorrelationId, "correlation_id").IsRequired(false);
            row.Property(static receipt => receipt.IsForgotten).HasColumnName("is_forgotten");
            row.Property(static receipt => receipt.SentAt).HasColumnName("sent_at");
            row.Property(static receipt => receipt.Status).HasColumnName("status");
            Text(row, static receipt => receipt.StatusText, "status_text").HasMaxLength(StatusTextLength).IsRequired(false);
            row.Property(static receipt => receipt.FinishedAt).HasColumnName("finished_at");
            row.Property(static receipt => receipt.ListedAt).HasColumnName("listed_at");
            row.Property(static receipt => receipt.SavedAt).HasColumnName("saved_at");
            row.Property(static receipt => receipt.Version).HasColumnName("version").IsConcurrencyToken();
            row.HasIndex(static receipt => new { receipt.AppId, receipt.CorrelationId }).HasDatabaseName("unionpush_receipt_correlation_id");
            row.HasIndex(static receipt => new { receipt.AppId, receipt.OpenId }).HasDatabaseName("unionpush_receipt_open_id");
            row.HasIndex(static receipt => receipt.SavedAt).HasDatabaseName("unionpush_receipt_saved_at");
            row.HasIndex(static receipt => new { receipt.AppId, receipt.ListedAt, receipt.MessageId }).HasDatabaseName("unionpush_receipt_listed");
        });
        BuildBroadcasts();
        BuildReach();
    }

    private void BuildBroadcasts()
    {
        Table<BroadcastRow>("unionpush_broadcast", row =>
        {
            row.HasKey(static broadcast => new { broadcast.AppId, broadcast.Name });
            Id(row, static broadcast => broadcast.AppId, "app_id");
            Id(row, static broadcast => broadcast.Name, "name");
            Id(row, static broadcast => broadcast.Id, "id").HasMaxLength(LeaseIdLength).IsRequired(false);
            row.Property(static broadcast => broadcast.State).HasColumnName("state");
            Text(row, static broadcast => broadcast.Reason, "reason").IsRequired(false);
            row.Property(static broadcast => broadcast.Recipients).HasColumnName("recipients");
            Text(row, static broadcast => broadcast.Content, "content").IsRequired(false);
            row.Property(static broadcast => broadcast.CreatedAt).HasColumnName("created_at");
            row.Property(static broadcast => broadcast.StartedAt).HasColumnName("started_at");
            row.Property(static broadcast => broadcast.EndedAt).HasColumnName("ended_at");
            row.Property(static broadcast => broadcast.WaitsUntil).HasColumnName("waits_until");
            Text(row, static broadcast => broadcast.Report, "report").IsRequired(false);
            row.Property(static broadcast => broadcast.Revision).HasColumnName("revision");
            row.HasIndex(static broadcast => broadcast.Id).HasDatabaseName("unionpush_broadcast_id");
        });
        Table<BroadcastBatchRow>("unionpush_broadcast_batch", row =>
        {
            row.HasKey(static batch => new { batch.BroadcastId, batch.Number });
            Id(row, static batch => batch.BroadcastId, "broadcast_id").HasMaxLength(LeaseIdLength);
            row.Property(static batch => batch.Number).HasColumnName("number").ValueGeneratedNever();
            Text(row, static batch => batch.ClaimId, "claim_id").HasMaxLength(LeaseIdLength).IsRequired(false);
            row.Property(static batch => batch.AvailableAt).HasColumnName("available_at");
            row.Property(static batch => batch.SavedAt).HasColumnName("saved_at");
            row.Property(static batch => batch.Size).HasColumnName("size");
            row.Property(static batch => batch.Sent).HasColumnName("sent");
            row.Property(static batch => batch.NotSignedIn).HasColumnName("not_signed_in");
            row.Property(static batch => batch.NotLinked).HasColumnName("not_linked");
            row.Property(static batch => batch.NotFollowing).HasColumnName("not_following");
            row.Property(static batch => batch.Refused).HasColumnName("refused");
            row.Property(static batch => batch.TooFrequent).HasColumnName("too_frequent");
            row.Property(static batch => batch.Duplicate).HasColumnName("duplicate");
            row.Property(static batch => batch.UnknownOutcome).HasColumnName("unknown_outcome");
            row.Property(static batch => batch.Failed).HasColumnName("failed");
            row.Property(static batch => batch.SentBySubscribe).HasColumnName("sent_by_subscribe");
            row.Property(static batch => batch.SentByNotice).HasColumnName("sent_by_notice");
            row.Property(static batch => batch.SentByService).HasColumnName("sent_by_service");
            row.Property(static batch => batch.SentByFallback).HasColumnName("sent_by_fallback");
            Text(row, static batch => batch.Outcomes, "outcomes").IsRequired(false);
            Text(row, static batch => batch.Recipients, "recipients").IsRequired(false);
            row.HasIndex(static batch => new { batch.BroadcastId, batch.AvailableAt }).HasDatabaseName("unionpush_broadcast_batch_available");
        });
        Table<PaceRow>("unionpush_pace", row =>
        {
            row.HasKey(static pace => pace.AppId);
            Id(row, static pace => pace.AppId, "app_id");
            row.Property(static pace => pace.NextAt).HasColumnName("next_at");
            row.Property(static pace => pace.Day).HasColumnName("day");
            row.Property(static pace => pace.Used).HasColumnName("used");
            row.Property(static pace => pace.Version).HasColumnName("version");
        });
    }

    private void BuildReach()
    {
        Table<ConsentRow>("unionpush_consent", row =>
        {
            row.HasKey(static consent => new { consent.AppId, consent.OpenId, consent.TemplateId });
            Id(row, static consent => consent.AppId, "app_id");
            Id(row, static consent => consent.OpenId, "open_id");
            Id(row, static consent => consent.TemplateId, "template_id");
            row.Property(static consent => consent.Tapped).HasColumnName("tapped");
            row.Property(static consent => consent.Reported).HasColumnName("reported");
            row.Property(static consent => consent.Taken).HasColumnName("taken");
            row.Property(static consent => consent.Delivered).HasColumnName("delivered");
            row.Property(static consent => consent.Lost).HasColumnName("lost");
            row.Property(static consent => consent.EmptiedAt).HasColumnName("emptied_at");
            row.Property(static consent => consent.TappedAt).HasColumnName("tapped_at");
            row.Property(static consent => consent.Habit).HasColumnName("habit");
            Text(row, static consent => consent.Events, "events").IsRequired(false);
            row.Property(static consent => consent.Credits).HasColumnName("credits");
            row.Property(static consent => consent.Version).HasColumnName("version").IsConcurrencyToken();
            row.HasIndex(static consent => new { consent.AppId, consent.TemplateId, consent.Credits }).HasDatabaseName("unionpush_consent_credits");
        });
        Table<ReachRow>("unionpush_reach", row =>
        {
            row.HasKey(static note => new { note.AppId, note.Key });
            Id(row, static note => note.AppId, "app_id");
            Id(row, static note => note.Key, "note_key").HasMaxLength(LongKeyLength);
            Text(row, static note => note.Note, "note");
            row.Property(static note => note.ExpiresAt).HasColumnName("expires_at");
            row.Property(static note => note.Version).HasColumnName("version").IsConcurrencyToken();
            row.HasIndex(static note => note.ExpiresAt).HasDatabaseName("unionpush_reach_expires_at");
        });
    }

    private void Table<TRow>(string name, Action<EntityTypeBuilder<TRow>> configure)
        where TRow : class
    {
        var row = modelBuilder.Entity<TRow>();
        _ = schema is null ? row.ToTable(name) : row.ToTable(name, schema);
        configure(row);
    }

    /// <summary>A text that is compared by its characters.</summary>
    private PropertyBuilder<string?> Id<TRow>(EntityTypeBuilder<TRow> row, Expression<Func<TRow, string?>> property, string column)
        where TRow : class
    {
        var id = Text(row, property, column).HasMaxLength(IdLength);
        return _collation is null ? id : id.UseCollation(_collation);
    }

    private static PropertyBuilder<string?> Text<TRow>(EntityTypeBuilder<TRow> row, Expression<Func<TRow, string?>> property, string column)
        where TRow : class =>
        row.Property(property).HasColumnName(column).IsUnicode().IsRequired();
}
