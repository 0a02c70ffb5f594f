using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Evaluation.Answers.Judging;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class JudgeTests : IDisposable
{
    private const string TooMany = "429 Too Many Requests\n{\"error\":\"slow down\"}", Html = "200 OK\n<html><body>Bad gateway</body></html>", Broken = "503 Service Unavailable\noverloaded";
    private static readonly string Good = JudgeServer.Message("Fine.\nRating: 4, no hallucination"), Nonsense = JudgeServer.Message("As a language model, I like turtles.");
    private readonly AnswerFiles _files = new();

    private string Cache => Path.Combine(_files.Folder, "cache");

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_judge_that_is_silent_is_asked_again()
    {
        using var server = new JudgeServer(new() { ["silence"] = [JudgeServer.Silence, Good] });
        var run = await AskAsync(server, ["silence"], o => o with { Timeout = TimeSpan.FromSeconds(2), Tries = 10 });
        Assert.Equal(0, run.Unjudged);
        Assert.Equal(2, server.Tries("silence"));
    }

    [Fact]
    public async Task Replies_of_429_HTML_nonsense_half_ones_and_failures_are_asked_for_again()
    {
        var troubles = new Dictionary<string, string> { ["429"] = TooMany, ["html"] = Html, ["nonsense"] = Nonsense, ["half"] = JudgeServer.Half, ["503"] = Broken };
        using var server = new JudgeServer(troubles.ToDictionary(t => t.Key, t => new[] { t.Value, t.Value, Good }));

        // A connection of the machine's own may fail too: more tries than the script needs.
        var run = await AskAsync(server, troubles.Keys, o => o with { Tries = 8 });
        Assert.All(run.Replies, r => Assert.Contains("Rating: 4", r.Reply, StringComparison.Ordinal));
        Assert.All(troubles.Keys, p => Assert.InRange(server.Tries(p), 3, 8));

        // Five replies that were read and two of nonsense were paid for.
        Assert.Equal(new JudgeTokens(70, 14), run.Spent);
    }

    [Fact]
    public async Task What_never_comes_right_is_unjudged_with_its_reason_and_scores_neither_0_nor_100()
    {
        var troubles = new Dictionary<string, string> { ["silence"] = JudgeServer.Silence, ["429"] = TooMany, ["html"] = Html, ["nonsense"] = Nonsense, ["half"] = JudgeServer.Half, ["503"] = Broken };
        string[] fine = [.. Enumerable.Range(0, 90).Select(i => $"fine {i}")];
        using var server = new JudgeServer(troubles.ToDictionary(t => t.Key, t => new[] { t.Value }).Concat(fine.ToDictionary(f => f, _ => new[] { Good })).ToDictionary());
        var run = await AskAsync(server, troubles.Keys.Concat(fine), o => o with { Timeout = TimeSpan.FromSeconds(3) });
        Assert.Equal(6, run.Unjudged);
        Assert.All(troubles.Keys.Skip(1), p => Assert.Equal(3, server.Tries(p)));
        string[] reasons = ["no reply within", "HTTP 429", "HTML", "cannot be read", "after 3 tries", "HTTP 503"];
        Assert.All(run.Replies.Take(6).Zip(reasons), r => Assert.Contains(r.Second, r.First.Error, StringComparison.OrdinalIgnoreCase));

        var replies = Path.Combine(_files.Folder, "replies.jsonl");
        JudgeFiles.Write(replies, run.Replies);
        var score = AnswerFiles.Score("mmhal", "", ("replies", replies));
        Assert.Equal((4, 90, 6), (score.Document["score"]!.GetValue<double>(), score.Document["n"]!.GetValue<int>(), score.Document["unjudged"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Replies_are_kept_and_those_that_could_not_be_read_are_asked_for_again()
    {
        using var server = new JudgeServer(new() { ["a"] = [Good], ["b"] = [Nonsense, Nonsense, Nonsense, Good] });
        Assert.Equal(1, (await AskAsync(server, ["a", "b"])).Unjudged);
        var second = await AskAsync(server, ["a", "b"]);
        Assert.Equal((1, 0), (second.Cached, second.Unjudged));
        Assert.Equal((1, 4), (server.Tries("a"), server.Tries("b")));
        Assert.Equal((new JudgeTokens(10, 2), new JudgeTokens(50, 10)), (second.Spent, second.SpentSoFar));

        // Another judge is another question.
        await AskAsync(server, ["a"], o => o with { Model = "other" });
        await AskAsync(server, ["a"], o => o with { Temperature = 0.5 });
        Assert.Equal(3, server.Tries("a"));
    }

    [Fact]
    public async Task A_damaged_file_of_the_cache_counts_as_none()
    {
        using var server = new JudgeServer(new() { ["a"] = [Good] });
        await AskAsync(server, ["a"]);
        await File.WriteAllTextAsync(Assert.Single(Directory.GetFiles(Cache, "*.json")), "{\"model\":", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await AskAsync(server, ["a"])).Unjudged);
        Assert.Equal(2, server.Tries("a"));
    }

    [Fact]
    public async Task A_refused_key_or_an_unknown_model_ends_the_run_and_a_refused_prompt_is_unjudged_at_once()
    {
        using var server = new JudgeServer(new() { ["key"] = ["401 Unauthorized\n{\"error\":\"bad key\"}"], ["model"] = ["404 Not Found\nno such model"], ["filtered"] = ["400 Bad Request\n{\"error\":\"content filter\"}"] });
        Assert.Contains("401", (await Assert.ThrowsAsync<FoveaException>(() => AskAsync(server, ["key"]))).Message, StringComparison.Ordinal);
        Assert.Contains("--judge-model", (await Assert.ThrowsAsync<FoveaException>(() => AskAsync(server, ["model"]))).Message, StringComparison.Ordinal);
        var run = await AskAsync(server, ["filtered"]);
        Assert.Equal((1, 1), (run.Unjudged, server.Tries("filtered")));
    }

    [Fact]
    public async Task A_request_has_OpenAIs_form_and_the_key_goes_nowhere_else()
    {
        using var server = new JudgeServer(new() { ["q"] = [Good] });
        await Judge.AskAsync([new JudgePrompt("1", "mmhal", "q", "be fair")], Options(server) with { Key = "secret-key", MaxTokens = 7 }, Cache, new SilentProgress(), TestContext.Current.CancellationToken);
        Assert.StartsWith("POST /v1/chat/completions ", server.Head, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer secret-key", server.Head, StringComparison.Ordinal);
        Assert.Equal("{\"model\":\"judge\",\"messages\":[{\"role\":\"system\",\"content\":\"be fair\"},{\"role\":\"user\",\"content\":\"q\"}],\"temperature\":0,\"max_tokens\":7}", server.Body!.ToJsonString());
        Assert.DoesNotContain("secret-key", string.Concat(Directory.GetFiles(Cache, "*.json").Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    private Task<JudgeRun> AskAsync(JudgeServer server, IEnumerable<string> prompts, Func<JudgeOptions, JudgeOptions>? change = null) => Judge.AskAsync(
        [.. prompts.Select((p, i) => new JudgePrompt($"{i}", "mmhal", p))], (change ?? (o => o))(Options(server)), Cache, new SilentProgress(), TestContext.Current.CancellationToken);

    private static JudgeOptions Options(JudgeServer server) => new()
    {
        Url = server.Url,
        Model = "judge",
        Tries = 3,
        Timeout = TimeSpan.FromSeconds(30),
        Wait = TimeSpan.FromMilliseconds(5),
        Parallel = 8,
    };
}
