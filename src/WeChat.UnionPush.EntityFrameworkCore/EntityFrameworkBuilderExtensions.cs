using Microsoft.EntityFrameworkCore;
using WeChat.UnionPush;
using WeChat.UnionPush.EntityFrameworkCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps a registration's stores in a context of the host's.</summary>
public static class EntityFrameworkBuilderExtensions
{
    /// <summary>
    /// Keeps everything in the tables that <see cref="UnionPushModelBuilderExtensions.UseUnionPush"/> adds to a context of the host's, on any relational
    /// provider. The host registers <see cref="IDbContextFactory{TContext}"/>, best with <c>AddPooledDbContextFactory</c>, and makes the tables with its
    /// own migrations.
    /// </summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <typeparam name="TContext">The host's context.</typeparam>
    public static WeChatUnionPushBuilder UseEntityFramework<TContext>(this WeChatUnionPushBuilder builder)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseStorage(static services => new EntityFrameworkUnionPushStorage<TContext>(
            services.GetService<IDbContextFactory<TContext>>() ?? throw new InvalidOperationException(
                $"UseEntityFramework<{typeof(TContext).Name}>() takes its contexts from IDbContextFactory<{typeof(TContext).Name}>, and none is registered. " +
                    $"Register it with services.AddPooledDbContextFactory<{typeof(TContext).Name}>(…), or with AddDbContextFactory."),
            services.GetRequiredService<TimeProvider>()));
    }
}
