using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Judging;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea eval prompts</c> and <c>fovea eval judge</c>: what a judge is asked, and its replies.</summary>
internal static class JudgeCommands
{
    public static Command Prompts()
    {
        var command = new Command("prompts", "Writes the prompts for a judge, to be asked by 'fovea eval judge' or offline.");
        foreach (var maker in JudgePrompts.BuiltIn)
        {
            Option<string>[] inputs = [.. maker.Inputs.Select(i => new Option<string>("--" + i.Name) { Description = i.Help, Required = true, HelpName = i.Form })];
            var output = new Option<string>("--out", "-o") { Description = "The file of prompts: JSON lines with id, form and prompt.", Required = true, HelpName = "FILE" };
            command.Add(new Command(maker.Name, maker.Help + ".").With([.. inputs, output]).Runs((parsed, _) =>
            {
                var prompts = maker.Make(new AnswerSources(inputs.ToDictionary(i => i.Name.TrimStart('-'), i => parsed.GetValue(i)!), ""));
                JudgeFiles.Write(parsed.GetValue(output)!, prompts);
                Screen.Notice($"{prompts.Count} prompts: {parsed.GetValue(output)}");
            }));
        }

        return command;
    }

    public static Command Judge()
    {
        var prompts = new Option<string>("--prompts") { Description = "JSON lines with id and prompt, as 'fovea eval prompts' writes them.", Required = true, HelpName = "FILE" };
        var url = new Option<string>("--judge-url") { Description = "An endpoint of OpenAI's form, up to /chat/completions.", DefaultValueFactory = _ => "https://api.openai.com/v1", HelpName = "URL" };
        var model = new Option<string>("--judge-model") { Description = "The judge, as the endpoint calls it.", Required = true, HelpName = "NAME" };
        var key = new Option<string>("--key-variable") { Description = "Variable of the environment that holds the key; without a value none is sent.", DefaultValueFactory = _ => "OPENAI_API_KEY", HelpName = "NAME" };
        var cache = new Option<string>("--cache") { Description = "Folder of replies: what is there is not asked for again.", Required = true, HelpName = "DIR" };
        var temperature = Numbers.Option("--temperature", "Temperature of the judge.", "T", 0.0, new Bounds<double>(AtLeast: 0));
        var most = Numbers.Optional("--max-tokens", "Most tokens of a reply (default: the endpoint's limit).", "N", new Bounds<int>(AtLeast: 1));
        var tries = Numbers.Option("--tries", "How often a prompt is sent before its question is unjudged.", "N", 5, new Bounds<int>(AtLeast: 1, AtMost: 1000));
        var timeout = Numbers.Option("--timeout", "Seconds a reply may take.", "S", 60.0, new Bounds<double>(Above: 0, AtMost: 3600));
        var parallel = Numbers.Option("--parallel", "Prompts under way at a time.", "N", 4, new Bounds<int>(AtLeast: 1, AtMost: 256));
        var output = new Option<string>("--out", "-o") { Description = "The file of replies: JSON lines with id, reply and error.", Required = true, HelpName = "FILE" };
        var json = CommonOptions.Json();
        return new Command("judge", "Asks a judge about prompts: patiently, from a cache, and says what is unjudged and what was spent.")
            { prompts, url, model, key, cache, temperature, most, tries, timeout, parallel, output, json }.Runs((parsed, stop) =>
        {
            var options = new JudgeOptions
            {
                Url = Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var at) && at.Scheme is "http" or "https" ? at
                    : throw new UsageException($"--judge-url: expected an address that begins with http:// or https://, got '{Quoted.Shorten(parsed.GetValue(url)!)}'"),
                Model = parsed.GetValue(model)!,
                Key = Environment.GetEnvironmentVariable(parsed.GetValue(key)!) is { Length: > 0 } secret ? secret : null,
                Temperature = parsed.GetValue(temperature),
                MaxTokens = parsed.GetValue(most),
                Tries = parsed.GetValue(tries),
                Timeout = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                Parallel = parsed.GetValue(parallel),
            };
            var screen = new Screen(parsed.GetValue(json));
            var asked = JudgeFiles.ReadPrompts(parsed.GetValue(prompts)!);
            var run = StageProgress.Show(screen, progress =>
                Evaluation.Answers.Judging.Judge.AskAsync(asked, options, parsed.GetValue(cache)!, progress, stop).GetAwaiter().GetResult());
            JudgeFiles.Write(parsed.GetValue(output)!, run.Replies);
            screen.Show(() => Document(run, options), () =>
            {
                Screen.Notice($"{run.Replies.Count} prompts, {run.Cached} from the cache, {run.Unjudged} unjudged: {parsed.GetValue(output)}");
                Screen.Notice(run.Replies.Where(r => r.Reply is null).Take(5).Select(r => $"unjudged {r.Id}: {r.Error}"));
                Screen.Notice($"spent: {run.Spent.Prompt} tokens of prompts and {run.Spent.Reply} of replies; {run.SpentSoFar.Prompt} and {run.SpentSoFar.Reply} so far");
            });
        }, CommandWork.Continued);
    }

    private static JsonObject Document(JudgeRun run, JudgeOptions options)
    {
        JsonObject Tokens(JudgeTokens tokens) => new() { ["prompt_tokens"] = tokens.Prompt, ["reply_tokens"] = tokens.Reply };
        return new JsonObject
        {
            ["prompts"] = run.Replies.Count,
            ["cached"] = run.Cached,
            ["unjudged"] = run.Unjudged,
            ["errors"] = new JsonObject(run.Replies.Where(r => r.Reply is null).Select(r => KeyValuePair.Create(r.Id, (JsonNode?)r.Error))),
            ["spent"] = Tokens(run.Spent),
            ["spent_so_far"] = Tokens(run.SpentSoFar),
            ["run"] = new JsonObject { ["judge_url"] = options.Url.AbsoluteUri, ["judge_model"] = options.Model, ["temperature"] = options.Temperature },
        };
    }
}
