using Fovea.Data.Templates;

namespace Fovea.Extensions;

/// <summary><c>Question: q\nAnswer: a&lt;/s&gt;</c>: what models of the family <c>toy</c> are spoken to with.</summary>
public sealed class QuestionAnswerTemplate : TurnTemplate
{
    public override string Name => "question_answer";

    public override string Help => "Question: ... Answer: ...";

    public override IReadOnlyList<string> Models => ["toy"];

    public override bool AddsSpecialTokens => true;

    public override string EndText => "</s>";

    protected override string BeforeAnswer => " ";

    protected override string Opening(string? system) => system is null ? "" : system + "\n";

    protected override string Question(string text) => $"Question: {text}\nAnswer:";
}
