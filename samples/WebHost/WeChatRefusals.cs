using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using WeChat.UnionPush;

namespace WebHost;

/// <summary>Answers problem details where WeChat refuses a call: what the caller can mend is a 400, what time mends a 503, what the operator must mend a 502.</summary>
internal sealed class WeChatRefusals(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not WeChatApiException refused)
        {
            return false;
        }

        httpContext.Response.StatusCode = refused.ErrorClass switch
        {
            WeChatErrorClass.Request => StatusCodes.Status400BadRequest,
            WeChatErrorClass.Transient or WeChatErrorClass.RateLimited or WeChatErrorClass.Quota => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status502BadGateway,
        };
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = new ProblemDetails { Title = "WeChat refuses the call.", Detail = refused.Message, Status = httpContext.Response.StatusCode },
        });
    }
}
