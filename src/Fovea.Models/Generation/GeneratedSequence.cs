namespace Fovea.Models.Generation;

/// <summary>What a prompt gave.</summary>
/// <param name="Ids">New ids without the end id: <c>[new]</c>.</param>
/// <param name="Text">Their text, cut before a stop string; null without a text decoder.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="EndId">The end id that was chosen, if one was.</param>
/// <param name="Score">
/// With beams: the sum of the new ids' log-probabilities (nats, end id included) over their number to the power of the length penalty; else null.
/// </param>
public sealed record GeneratedSequence(int[] Ids, string? Text, StopReason Reason, int? EndId, double? Score);

/// <summary>Why a row ended.</summary>
public enum StopReason
{
    /// <summary>An end id was chosen.</summary>
    EndId,

    /// <summary>The text held a stop string.</summary>
    StopString,

    /// <summary>As many new ids as asked for, or as the model's length leaves.</summary>
    Length,
}

/// <summary>A piece of a row as it grows. Beam search gives all pieces of a row when its search is over.</summary>
/// <param name="Prompt">Index of the prompt.</param>
/// <param name="Id">The new id; null for the last piece, which only brings text that was held back.</param>
/// <param name="Text">New text that is certain; empty while characters are incomplete or may begin a stop string, and without a text decoder.</param>
public readonly record struct GeneratedPiece(int Prompt, int? Id, string Text);
