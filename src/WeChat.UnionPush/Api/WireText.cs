using System.Text.Encodings.Web;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>How request bodies are written: UTF-8 as it is, since the platform has error codes for escaped text.</summary>
internal static class WireText
{
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
