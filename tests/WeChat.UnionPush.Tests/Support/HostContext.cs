using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.Tests;

/// <summary>A host's context with the library's tables.</summary>
public class HostContext(DbContextOptions options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseUnionPush();
}
