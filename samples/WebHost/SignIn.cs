using System.ComponentModel.DataAnnotations;

namespace WebHost;

public sealed record SignIn([property: Required, StringLength(128)] string Code);
