using Fovea.Data.Corpora;
using Fovea.Data.Images;
using Fovea.Data.Json;
using Fovea.Data.Templates;

namespace Fovea.Data.Auditing;

/// <summary>One record as training sees it, or why it does not.</summary>
/// <param name="Record">Its index.</param>
/// <param name="Reason">Why it cannot be used; null if it can.</param>
/// <param name="Json">The record as it is in the file, where it can be read; cut after some thousand characters.</param>
/// <param name="Sample">Its tokens; null if it cannot be used.</param>
public sealed record RecordAudit(int Record, string? Reason, string? Json, MarkedSample? Sample)
{
    private const int MostCharacters = 4000;

    /// <summary>Looks at one record.</summary>
    /// <param name="corpus">Read with an unlimited number of invalid records.</param>
    /// <param name="encoder">Tokenizer and templates.</param>
    /// <param name="record">Which, from 0.</param>
    /// <param name="decode">Whether its images are decoded; otherwise they must only be there.</param>
    /// <exception cref="InvalidInputException">The file has no such record.</exception>
    public static RecordAudit Of(FileCorpus corpus, SampleEncoder encoder, int record, bool decode = false)
    {
        if (corpus.Samples.FirstOrDefault(s => s.Key.Record == record) is { } sample)
        {
            try
            {
                corpus.FindImages(sample);
                if (decode)
                {
                    new DecodedImages(corpus).Require(sample);
                }

                return new RecordAudit(record, null, Text(corpus, record), encoder.Mark(sample));
            }
            catch (InvalidInputException e)
            {
                return new RecordAudit(record, e.Reason, Text(corpus, record), null);
            }
        }

        var known = corpus.Invalid.FirstOrDefault(i => i.Key.Record == record)
            ?? throw new InvalidInputException(corpus.File, null, $"has no record {record}; expected 0 to {corpus.Samples.Count + corpus.Invalid.Count - 1}");
        return new RecordAudit(record, known.Reason, Text(corpus, record), null);
    }

    private static string? Text(FileCorpus corpus, int record)
    {
        var records = corpus is CocoCaptionsCorpus ? JsonRecords.ReadMember(corpus.File, "annotations") : JsonRecords.Read(corpus.File);
        foreach (var found in records)
        {
            if (found.Index == record)
            {
                return found.Fault is not null ? null : Quoted.Shorten(found.Element.GetRawText(), MostCharacters);
            }
        }

        return null;
    }
}
