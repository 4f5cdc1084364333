using WeChat.UnionPush;

namespace WebHost;

/// <summary>Tells buyers that their order is paid.</summary>
internal sealed class OrderDesk(IUnionPush push, IConfiguration configuration, TimeProvider time)
{
    public async Task<object> PaidAsync(string miniProgramOpenId, Order order, CancellationToken cancellationToken)
    {
        var templateId = configuration["OrderTemplateId"];
        if (string.IsNullOrEmpty(templateId))
        {
            throw new InvalidOperationException("OrderTemplateId is missing. It is the id of a template of your Official Account, such as 订单支付成功通知.");
        }

        var result = await push.PushAsync(
            miniProgramOpenId,
            TemplateMessage.Create(templateId)
                .Thing("thing1", order.Title)
                .Amount("amount2", order.Total)
                .Time("time3", time.GetUtcNow())
                .IdempotencyKey($"order-paid/{order.Id}")
                .CorrelationId(order.Id)
                .WhenValuesDoNotFit(TemplateValuePolicy.Trim)
                .Build(),
            cancellationToken);

        // The message id has 64 bits, more than a JavaScript number can hold.
        return new { status = result.Status.ToString(), messageId = result.MessageId?.ToString(), result.Reason };
    }
}
