using Fovea.Core.Extending;
using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Hallusion;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Judging;

/// <summary>How the prompts of a judged benchmark are made: <c>fovea eval prompts NAME</c>.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Help">Whose wording is meant, and its places.</param>
/// <param name="Inputs">The files that it reads.</param>
/// <param name="Make">Reads them, and makes the prompts.</param>
public sealed record JudgePromptMaker(string Name, string Help, IReadOnlyList<AnswerInput> Inputs, Func<AnswerSources, IReadOnlyList<JudgePrompt>> Make)
    : ICatalogued;

/// <summary>The judged benchmarks' prompts, put together as their own scripts do.</summary>
public static class JudgePrompts
{
    /// <summary>The system's message of eval_gpt_review_bench.py (haotian-liu/LLaVA, Apache-2.0).</summary>
    private const string LlavaSystem = "You are a helpful and precise assistant for checking the quality of the answer.";

    private static readonly AnswerInput Template = new("template",
        "The judge's wording: the benchmark's own script (the first text in triple quotes), or a text file.");

    /// <summary>Those that Fovea has.</summary>
    public static Catalogue<JudgePromptMaker> BuiltIn { get; } = new("judged benchmark",
    [
        new JudgePromptMaker("mmvet", "MM-Vet, as mm-vet_evaluator.py asks: wording, then question, right answer and answer between bars",
            [Template, new("questions", "mm-vet.json."), new("answers", "Answers by id, {\"v1_0\": \"..\"}, or JSON lines with id and text.")], MmVet),
        new JudgePromptMaker("llava-bench", "LLaVA-Bench, as eval_gpt_review_bench.py asks: context, question, two answers, wording of the category",
            [
                new("rule", "rule.json of LLaVA (llava/eval/table/rule.json): a wording and a role by category."), new("questions", "questions.jsonl."),
                new("context", "context.jsonl."), new("reference", "The reference's answers, answers_gpt4.jsonl."),
                    new("answers", "The model's answers, with question_id and text."),
            ], LlavaBench),
        new JudgePromptMaker("mmhal", "MMHal-Bench, as eval_gpt_mmhal.py asks: places for contents, question, reference, answer",
            [Template, new("answers", "The questions with model_answer filled in, in their order.")], MmHal),
        new JudgePromptMaker("hallusion", "HallusionBench, as utils.py asks (evaluate_by_chatgpt): places {question}, {reference}, {answer}",
            [Template, new("answers", "The question records with model_prediction.")], HallusionBench),
    ]);

    private static IReadOnlyList<JudgePrompt> MmVet(AnswerSources sources)
    {
        var (template, answers) = (JudgeTemplate.Read(sources["template"]), AnsweredQuestions.Texts(sources["answers"]));
        string Spaced(string gold) => gold.Replace("<AND>", " <AND> ", StringComparison.Ordinal).Replace("<OR>", " <OR> ", StringComparison.Ordinal);
        return [.. KeyedRecords.Read(sources["questions"]).Select(q => new JudgePrompt(q.Id, "mmvet", template + "\n" + string.Join(" | ",
            q.Record.Field("question").Text(), Spaced(q.Record.Field("answer").Text()), Answer(answers, q.Record, q.Id), "")))];
    }

    private static IReadOnlyList<JudgePrompt> LlavaBench(AnswerSources sources)
    {
        var rules = KeyedRecords.Read(sources["rule"]).ToDictionary(r => r.Id, r => r.Record);
        var context = AnswerRecords.Read(sources["context"]).ToDictionary(c => c.Field("image").Id(), c => c.Field("caption"));
        var (reference, answers) = (AnsweredQuestions.Texts(sources["reference"]), AnsweredQuestions.Texts(sources["answers"]));
        return [.. KeyedRecords.Read(sources["questions"]).Select(q =>
        {
            var category = $"llava_bench_{q.Record.Field("category").Text()}";
            var rule = rules.GetValueOrDefault(category) ?? throw q.Record.Error($"no rule for {category} in {sources["rule"]}");
            var caption = context.GetValueOrDefault(q.Record.Field("image").Id())
                ?? throw q.Record.Error($"no context of image {q.Record.Field("image").Id()}");
            var role = rule.Field("role").Text();
            string Said(int number, IReadOnlyDictionary<string, string> of) =>
                $"[{role} {number}]\n{Answer(of, q.Record, q.Id)}\n\n[End of {role} {number}]\n\n";

            // The script joins the characters of a caption that is a text, each on a line of its own; scores that were published were given to that.
            var lines = caption.Element.ValueKind == JsonValueKind.Array ? string.Join('\n', TextList.Of(caption))
                : string.Join('\n', caption.Text().EnumerateRunes());
            return new JudgePrompt(q.Id, "llava-bench",
                $"[Context]\n{lines}\n\n[Question]\n{q.Record.Field("text").Text()}\n\n{Said(1, reference)}{Said(2, answers)}[System]\n{rule.Field("prompt").Text()}\n\n",
                LlavaSystem);
        })];
    }

    private static IReadOnlyList<JudgePrompt> MmHal(AnswerSources sources)
    {
        var template = JudgeTemplate.Read(sources["template"]);
        return [.. AnswerRecords.Read(sources["answers"]).Select((r, i) =>
            new JudgePrompt(i.ToString(CultureInfo.InvariantCulture), "mmhal", JudgeTemplate.Fill(sources["template"], template,
            ("contents", string.Join(", ", TextList.Of(r.Field("image_content")))), ("question", r.Field("question").Text()),
            ("reference", r.Field("gt_answer").Text()), ("answer", r.Field("model_answer").Text()))))];
    }

    private static IReadOnlyList<JudgePrompt> HallusionBench(AnswerSources sources)
    {
        var template = JudgeTemplate.Read(sources["template"]);
        return [.. AnswerRecords.Read(sources["answers"]).Select(r => new HallusionQuestion(r, r))
            .Select(q => new JudgePrompt(q.Id, "hallusion", JudgeTemplate.Fill(sources["template"], template,
            ("question", q.Record.Field("question").Text()), ("reference", q.Record.Field("gt_answer_details").Text()), ("answer", q.Answer()))))];
    }

    private static string Answer(IReadOnlyDictionary<string, string> answers, ForeignJson question, string id) =>
        answers.GetValueOrDefault(id) ?? throw question.Error($"question '{Quoted.Shorten(id)}' has no answer");
}
