using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;

namespace Fovea.Extensions;

/// <summary>Lines of image, question and answer, between tabs.</summary>
public static class TsvCorpus
{
    public static CorpusFormat Format { get; } = new(
        "tsv", "image, question and answer between tabs", file => Path.GetExtension(file) == ".tsv",
        file => RecordCorpus.Read(file, File.ReadLines(file.File).Select(line => (Func<SampleKey, Sample>)(key => Read(key, line)))));

    private static Sample Read(SampleKey key, string line) => line.Split('\t') is [var image, var question, var answer]
        ? new Sample(key, null, [image], [new Turn(Role.Human, "<image>\n" + question), new Turn(Role.Assistant, answer)])
        : throw new InvalidInputException(key.Source, key.Record, $"column_count: expected image, question and answer, got {line.Split('\t').Length} columns");
}
