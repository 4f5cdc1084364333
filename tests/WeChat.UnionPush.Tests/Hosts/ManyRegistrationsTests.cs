using System.Collections;
using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Tests.Hosts;

public sealed class ManyRegistrationsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Four_times_as_many_registrations_look_at_four_times_as_many_descriptors(bool withChoices)
    {
        var (few, many) = (Looks(250, withChoices), Looks(1000, withChoices));

        Assert.InRange(many, few, few * 4.5);
    }

    [Fact]
    public async Task A_thousand_registrations_are_each_ones_own()
    {
        await using var town = new Town();
        var services = new ServiceCollection();
        for (var i = 0; i < 1000; i++)
        {
            var appId = $"wx{i:d16}";
            services.AddWeChatUnionPush($"route-{i}", options =>
            {
                Town.SetCredentials(options);
                options.MiniProgram.AppId = appId;
            }).UseSimulator(town.Platform);
        }

        await using var provider = services.BuildServiceProvider();
        var routes = Enumerable.Range(0, 1000).Select(i => provider.GetRequiredKeyedService<IUnionPush>($"route-{i}")).ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.Equal(1000, routes.Count);
    }

    private static long Looks(int registrations, bool withChoices)
    {
        var services = new CountingServices();
        for (var i = 0; i < 40; i++)
        {
            services.AddSingleton(_ => new object());
        }

        for (var i = 0; i < registrations; i++)
        {
            var builder = services.AddWeChatUnionPush($"route-{i}", Town.SetCredentials);
            if (withChoices)
            {
                builder.UseSqlite($"Data Source=route-{i}.db").UseInMemoryAccessTokens().AddReceipts().AddCallback().AddFollowerSync(TimeSpan.FromDays(1));
            }
        }

        return services.Looks;
    }

    /// <summary>Counts how often anybody looks at a descriptor.</summary>
    private sealed class CountingServices : IServiceCollection
    {
        private readonly List<ServiceDescriptor> _list = [];

        public long Looks { get; private set; }

        public int Count => _list.Count;

        public bool IsReadOnly => false;

        public ServiceDescriptor this[int index]
        {
            get
            {
                Looks++;
                return _list[index];
            }

            set => _list[index] = value;
        }

        public void Add(ServiceDescriptor item) => _list.Add(item);

        public void Clear() => _list.Clear();

        public bool Contains(ServiceDescriptor item) => IndexOf(item) >= 0;

        public void CopyTo(ServiceDescriptor[] array, int arrayIndex)
        {
            Looks += Count;
            _list.CopyTo(array, arrayIndex);
        }

        public int IndexOf(ServiceDescriptor item)
        {
            Looks += Count;
            return _list.IndexOf(item);
        }

        public void Insert(int index, ServiceDescriptor item) => _list.Insert(index, item);

        public bool Remove(ServiceDescriptor item)
        {
            Looks += Count;
            return _list.Remove(item);
        }

        public void RemoveAt(int index) => _list.RemoveAt(index);

        public IEnumerator<ServiceDescriptor> GetEnumerator()
        {
            foreach (var descriptor in _list)
            {
                Looks++;
                yield return descriptor;
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
