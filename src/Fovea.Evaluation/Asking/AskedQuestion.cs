using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Asking;

/// <summary>A question of a file, as it is put to a model.</summary>
/// <param name="Sample">The text with tags for its images, and an answer that is still empty.</param>
/// <param name="Corpus">Where its images are.</param>
/// <param name="Record">As its file has it: what its answer is written beside.</param>
/// <param name="Choices">Answers that are weighed against each other by likelihood; empty where the file names none.</param>
public sealed record AskedQuestion(Sample Sample, ICorpus Corpus, JsonObject Record, IReadOnlyList<string> Choices)
{
    internal const int AnswerTurn = 1;

    /// <summary>Name of its file.</summary>
    public string File => Sample.Key.Source;

    /// <summary>The files of its images, by name; those that its record holds itself are none.</summary>
    /// <exception cref="InvalidInputException">One is missing or leaves the image folder.</exception>
    public IEnumerable<(string Name, string Path)> ImageFiles() =>
        Sample.Images.Where(i => !EmbeddedImages.IsOne(i)).Select(i => (i, Corpus.ImagePath(Sample.Key, i)));

    /// <summary>SHA-256 of each image.</summary>
    /// <param name="hashOf">Of a file.</param>
    /// <exception cref="InvalidInputException">One is missing or leaves the image folder.</exception>
    public IEnumerable<string> ImageHashes(Func<string, string> hashOf) =>
        Sample.Images.Select(i => EmbeddedImages.IsOne(i) ? i : hashOf(Corpus.ImagePath(Sample.Key, i)));
}

/// <summary>What a model answered.</summary>
/// <param name="Text">The answer; by likelihood, the likeliest choice.</param>
/// <param name="Stop">Why it ended: <c>end_id</c>, <c>length</c>, or <c>likelihood</c>.</param>
/// <param name="NewTokens">Tokens that were generated, without the end token.</param>
/// <param name="LogProbs">By likelihood, of each choice, in nats; null otherwise.</param>
public sealed record GivenAnswer(string Text, string Stop, int NewTokens, IReadOnlyDictionary<string, double>? LogProbs = null);
