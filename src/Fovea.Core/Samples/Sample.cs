namespace Fovea.Core.Samples;

/// <summary>What identifies a sample: its source file's name and the record's index in it, from 0. An id is only a label.</summary>
public readonly record struct SampleKey(string Source, int Record)
{
    /// <summary>"file#record", for messages.</summary>
    public override string ToString() => $"{Source}#{Record}";
}

/// <summary>Who speaks in a turn of a conversation.</summary>
public enum Role
{
    /// <summary>Instructions before the first question.</summary>
    System,

    /// <summary>The question; the only place for an <c>&lt;image&gt;</c> tag.</summary>
    Human,

    /// <summary>The answer: what carries loss.</summary>
    Assistant,
}

/// <summary>One turn of a conversation.</summary>
public sealed record Turn(Role Role, string Text);

/// <summary>
/// One record of a corpus in LLaVA's form: turns, and the images they speak of.
/// <paramref name="Images"/> are names that the corpus resolves below its image root.
/// </summary>
public sealed record Sample(SampleKey Key, string? Id, IReadOnlyList<string> Images, IReadOnlyList<Turn> Turns)
{
    /// <summary>
    /// Folder below which <see cref="Images"/> are resolved; with it a name is a picture (<see cref="ImageKey"/>). Null where they are not files.
    /// </summary>
    public string? ImageRoot { get; init; }
}
