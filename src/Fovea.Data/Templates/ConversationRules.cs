namespace Fovea.Data.Templates;

/// <summary>What every conversation must obey, whatever the template.</summary>
public static class ConversationRules
{
    /// <summary>
    /// The first rule that a record breaks, as "name: explanation"; null if none. In this order: <c>empty_conversation</c>, <c>unknown_role</c>,
    /// <c>role_order</c>, <c>image_outside_question</c>, <c>image_count</c>.
    /// </summary>
    /// <param name="turns">Speakers as the file writes them (<c>system</c>, <c>human</c>, <c>gpt</c>) and what they say.</param>
    /// <param name="images">How many image files the record names.</param>
    public static string? FirstBroken(IReadOnlyList<(string From, string Value)> turns, int images)
    {
        if (turns.All(t => t.From == "system"))
        {
            return "empty_conversation: expected at least one question and answer, got " + (turns.Count == 0 ? "no turn" : "only a system turn");
        }

        if (turns.FirstOrDefault(t => t.From is not ("system" or "human" or "gpt")) is { From: not null } stranger)
        {
            return $"unknown_role: the speaker is \"{stranger.From}\"; expected exactly system, human (or user) or gpt (or assistant)";
        }

        var first = turns[0].From == "system" ? 1 : 0;
        for (var i = first; i < turns.Count; i++)
        {
            var expected = (i - first) % 2 == 0 ? "human" : "gpt";
            if (turns[i].From != expected)
            {
                return $"role_order: turn {i} is {turns[i].From}, expected {expected}; system may only come first, then human and gpt take turns";
            }
        }

        if ((turns.Count - first) % 2 != 0)
        {
            return "role_order: the conversation ends with a question; expected an answer (gpt) last";
        }

        for (var i = 0; i < turns.Count; i++)
        {
            if (turns[i].From != "human" && turns[i].Value.Contains(ImageTag.Text, StringComparison.Ordinal))
            {
                return $"image_outside_question: turn {i} ({turns[i].From}) holds {ImageTag.Text}; the tag may only appear in a question";
            }
        }

        var tags = turns.Sum(t => ImageTag.Count(t.Value));
        return tags == images ? null : $"image_count: {tags} {ImageTag.Text} tags in the questions, {images} image files; expected one tag per file";
    }

    /// <summary>Throws what <see cref="FirstBroken"/> finds.</summary>
    /// <exception cref="InvalidInputException">A rule is broken.</exception>
    public static void Require(Sample sample)
    {
        var turns = sample.Turns.Select(t => (t.Role switch { Role.System => "system", Role.Human => "human", _ => "gpt" }, t.Text)).ToList();
        if (FirstBroken(turns, sample.Images.Count) is { } broken)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, broken);
        }
    }
}
