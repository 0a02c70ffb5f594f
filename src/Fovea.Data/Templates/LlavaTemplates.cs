namespace Fovea.Data.Templates;

/// <summary>LLaVA's first stage: the images, then the answer and a line break; the question is dropped.</summary>
internal sealed class LlavaPlainTemplate : ChatTemplate
{
    public override string Name => "llava_plain";

    public override string Help => "LLaVA's first stage: image and caption, without the question";

    public override IReadOnlyList<string> OtherNames => ["plain"];

    public override bool AddsSpecialTokens => true;

    public override string EndText => "\n";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        if (system is not null || exchanges.Count != 1)
        {
            throw Refuses(sample, "not_one_exchange", $"takes one question and one answer and no system turn, got {sample.Turns.Count} turns; use llava_v1");
        }

        if (sample.Images.Count == 0)
        {
            throw Refuses(sample, "no_image", "takes an image and its caption, the sample has no image; use llava_v1");
        }

        var writer = new ChatWriter().Write(string.Concat(Enumerable.Repeat(ImageTag.Text, sample.Images.Count)));
        return (promptTurn is null ? writer.WriteAnswer(exchanges[0].Turn, "", exchanges[0].Answer, EndText) : writer).Finish();
    }
}

/// <summary>
/// Vicuna v1.1 as LLaVA-1.5 uses it: <c>SYSTEM USER: q ASSISTANT: a&lt;/s&gt;USER: ...</c>; the blank behind the colon belongs to the target.
/// </summary>
internal sealed class LlavaV1Template : TurnTemplate
{
    private const string DefaultSystem = "A chat between a curious user and an artificial intelligence assistant. "
        + "The assistant gives helpful, detailed, and polite answers to the user's questions.";

    public override string Name => "llava_v1";

    public override string Help => "Vicuna v1.1, as LLaVA-1.5 uses it";

    /// <summary>The names of LLaVA's own code.</summary>
    public override IReadOnlyList<string> OtherNames => ["vicuna_v1", "v1"];

    public override bool AddsSpecialTokens => true;

    public override string EndText => "</s>";

    protected override string BeforeAnswer => " ";

    protected override string Opening(string? system) => (system ?? DefaultSystem) + " ";

    protected override string Question(string text) => $"USER: {ImageTag.MoveToFront(text)} ASSISTANT:";
}

/// <summary>
/// What llava-hf checkpoints hold as their Jinja, for content given as a list: <c>USER: &lt;image&gt;\nq ASSISTANT: a USER:
/// ...</c>. A question's images come first, its text without tags and then stripped; there is no default system text and no end token.
/// </summary>
internal sealed class LlavaHfTemplate : TurnTemplate
{
    public override string Name => "llava_hf";

    public override string Help => "the template of llava-hf checkpoints";

    public override bool AddsSpecialTokens => true;

    public override string EndText => "";

    protected override string BeforeAnswer => " ";

    protected override string BehindAnswer => " ";

    protected override string Opening(string? system) => system is null ? "" : system + " ";

    protected override string Question(string text) => $"USER: {ImageTag.ListForm(text)} ASSISTANT:";
}
