using Fovea.Core.Watching;

namespace Fovea.Evaluation.Answers.Judging;

/// <summary>What a judge was asked and said.</summary>
/// <param name="Replies">One a prompt, in their order.</param>
/// <param name="Cached">How many came from the cache.</param>
/// <param name="Spent">Tokens of this run.</param>
/// <param name="SpentSoFar">Tokens of all runs that are kept in the cache, this one among them.</param>
public sealed record JudgeRun(IReadOnlyList<JudgeReply> Replies, int Cached, JudgeTokens Spent, JudgeTokens SpentSoFar)
{
    /// <summary>How many questions are unjudged.</summary>
    public int Unjudged => Replies.Count(r => r.Reply is null);
}

/// <summary>
/// Asks a judge about every prompt. A try that brings no reply, or one that the benchmark cannot read, is repeated after a wait; after the last one the
/// question is unjudged, with what went wrong: never a score.
/// </summary>
public static class Judge
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1), LongestRequested = TimeSpan.FromMinutes(5);

    /// <summary>Asks.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="options">Which judge.</param>
    /// <param name="cache">Folder of replies; those that are there are not asked for again.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="stop">Stops; replies so far are kept.</param>
    /// <exception cref="FoveaException">The endpoint refuses the key, the model or the path.</exception>
    public static async Task<JudgeRun> AskAsync(IReadOnlyList<JudgePrompt> prompts, JudgeOptions options, string cache, IProgressSink progress,
        CancellationToken stop)
    {
        using var held = FolderLock.Take(cache);
        using var endpoint = new JudgeEndpoint(options);
        var kept = new JudgeCache(cache, options);
        var replies = new JudgeReply[prompts.Count];
        var (gate, cached, done, spent) = (new Lock(), 0, 0, default(JudgeTokens));
        await Parallel.ForEachAsync(Enumerable.Range(0, prompts.Count),
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = stop }, async (i, cancel) =>
        {
            var known = kept.Find(prompts[i]);
            var (reply, tokens) = known is null ? await PatientlyAsync(endpoint, kept, prompts[i], options, cancel)
                : (new JudgeReply(prompts[i].Id, known, null), default);
            replies[i] = reply;
            lock (gate)
            {
                cached += known is null ? 0 : 1;
                spent += tokens;
                progress.Report("judged", ++done, prompts.Count);
            }
        });
        return new JudgeRun(replies, cached, spent, kept.Spent());
    }

    private static async Task<(JudgeReply Reply, JudgeTokens Spent)> PatientlyAsync(JudgeEndpoint endpoint, JudgeCache cache, JudgePrompt prompt,
        JudgeOptions options, CancellationToken stop)
    {
        var (spent, fault, wait) = (default(JudgeTokens), "", options.Wait);
        for (var number = 1; number <= options.Tries; number++)
        {
            var one = await endpoint.AskAsync(prompt, stop);
            spent += one.Tokens;
            var isRead = one.Text is { } text && prompt.CanRead(text);
            if (one.Tokens != default || isRead)
            {
                cache.Keep(prompt, isRead ? one.Text : null, one.Tokens);
            }

            if (isRead)
            {
                return (new JudgeReply(prompt.Id, one.Text, null), spent);
            }

            fault = one.Fault ?? $"a reply that cannot be read: '{Quoted.Shorten(one.Text!.ReplaceLineEndings(" "))}'";
            if (one.IsFinal)
            {
                return (new JudgeReply(prompt.Id, null, fault), spent);
            }

            if (number < options.Tries)
            {
                await Task.Delay(one.Wait is { } asked ? asked < LongestRequested ? asked : LongestRequested : wait, stop);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
        }

        return (new JudgeReply(prompt.Id, null, $"after {options.Tries} {(options.Tries == 1 ? "try" : "tries")}: {fault}"), spent);
    }
}
