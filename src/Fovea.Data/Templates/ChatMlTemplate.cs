namespace Fovea.Data.Templates;

/// <summary>
/// ChatML as Qwen2.5's Jinja writes it: <c>&lt;|im_start|&gt;role\ntext&lt;|im_end|&gt;\n</c> for every turn. The line break behind an
/// answer's end token carries no loss: a model stops before it. <c>chatml_bare</c> writes no system turn where the sample has none.
/// </summary>
internal sealed class ChatMlTemplate(bool writesDefaultSystem) : TurnTemplate
{
    private const string DefaultSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

    public override string Name => writesDefaultSystem ? "chatml" : "chatml_bare";

    public override string Help => writesDefaultSystem ? "ChatML, as Qwen2.5 writes it" : "ChatML without a system turn of its own";

    public override IReadOnlyList<string> Models => writesDefaultSystem ? ["qwen"] : [];

    public override bool AddsSpecialTokens => false;

    public override string EndText => "<|im_end|>";

    protected override string BehindAnswer => "\n";

    protected override string Opening(string? system) =>
        (system ?? (writesDefaultSystem ? DefaultSystem : null)) is { } text ? $"<|im_start|>system\n{text}{EndText}\n" : "";

    protected override string Question(string text) => $"<|im_start|>user\n{text}{EndText}\n<|im_start|>assistant\n";
}
