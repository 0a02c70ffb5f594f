using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Fovea.Core.Json;

namespace Fovea.Evaluation.Answers.Judging;

/// <summary>Tokens that an endpoint says it read and wrote.</summary>
public readonly record struct JudgeTokens(long Prompt, long Reply)
{
    public static JudgeTokens operator +(JudgeTokens a, JudgeTokens b) => new(a.Prompt + b.Prompt, a.Reply + b.Reply);
}

/// <summary>An endpoint of OpenAI's form (<c>POST /chat/completions</c>), asked once a call.</summary>
public sealed class JudgeEndpoint(JudgeOptions options) : IDisposable
{
    private const int MostBytes = 4 << 20, MostQuoted = 120;
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostBytes };

    /// <summary>One try: the text, or what went wrong, and for how long to wait if the endpoint says so.</summary>
    /// <param name="Text">The reply; null where there is none.</param>
    /// <param name="Fault">What went wrong, in one line; null with a reply.</param>
    /// <param name="Tokens">What was spent.</param>
    /// <param name="IsFinal">Whether asking again is of no use.</param>
    /// <param name="Wait">How long the endpoint asks to wait; null where it does not say.</param>
    public sealed record Attempt(string? Text, string? Fault, JudgeTokens Tokens, bool IsFinal = false, TimeSpan? Wait = null);

    public void Dispose() => _client.Dispose();

    /// <summary>Sends a prompt.</summary>
    /// <exception cref="FoveaException">The endpoint refuses the key, or does not know the model or the path: no other prompt would fare better.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was.</exception>
    public async Task<Attempt> AskAsync(JudgePrompt prompt, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(options.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{options.Url.AbsoluteUri.TrimEnd('/')}/chat/completions")
            {
                Content = new StringContent(Body(prompt).ToJsonString(), Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = options.Key is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
            using var response = await _client.SendAsync(request, limit.Token);
            var text = await response.Content.ReadAsStringAsync(limit.Token);
            return response.IsSuccessStatusCode ? Read(text) : Refused(response, text);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Attempt(null, $"no reply within {options.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s", default);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Attempt(null, $"the connection failed: {FirstLine(e.Message)}", default);
        }
    }

    private JsonObject Body(JudgePrompt prompt)
    {
        JsonObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };
        var body = new JsonObject
        {
            ["model"] = options.Model,
            ["messages"] = new JsonArray([.. prompt.System is { } system ? new JsonNode[] { Message("system", system) } : [], Message("user", prompt.Prompt)]),
            ["temperature"] = options.Temperature,
        };
        if (options.MaxTokens is { } most)
        {
            body["max_tokens"] = most;
        }

        return body;
    }

    private static Attempt Read(string text)
    {
        try
        {
            var body = JsonNode.Parse(text);
            var tokens = new JudgeTokens(Number(body?["usage"]?["prompt_tokens"]), Number(body?["usage"]?["completion_tokens"]));
            return body?["choices"]?[0]?["message"]?["content"] is JsonValue value && value.TryGetValue(out string? reply) && reply.Trim().Length > 0
                ? new Attempt(reply, null, tokens) : new Attempt(null, $"the reply holds no message: {Quote(text)}", tokens);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return new Attempt(null, $"{(ForeignFormat.Describe(Encoding.UTF8.GetBytes(text)) is { } instead ? $"expected JSON, got {instead}" : "the reply is no whole JSON")}: {Quote(text)}", default);
        }
    }

    private Attempt Refused(HttpResponseMessage response, string text)
    {
        var status = $"HTTP {(int)response.StatusCode}";
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            throw new FoveaException($"{options.Url}: {status} for model '{options.Model}': {Quote(text)}; check --judge-url, --judge-model and the key");
        }

        var isPassing = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;
        return new Attempt(null, $"{status}: {Quote(text)}", default, IsFinal: !isPassing, response.Headers.RetryAfter?.Delta);
    }

    private static long Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out long number) && number >= 0 ? number : 0;

    private static string Quote(string text) => $"'{Quoted.Shorten(FirstLine(text), MostQuoted)}'";

    private static string FirstLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
