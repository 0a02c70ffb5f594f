using Fovea.Core.Json;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Pope;

/// <summary>Files of POPE: questions, labels or answers, one file for all or one for each category.</summary>
internal static class PopeFiles
{
    /// <summary>The records of a file, or of the files of a folder whose names say their category, as in <c>coco_pope_random.json</c>.</summary>
    /// <exception cref="InvalidInputException">There is no such file, or two are of one category.</exception>
    public static IEnumerable<(string? Category, ForeignJson Record)> Records(string path)
    {
        if (!Directory.Exists(path))
        {
            return AnswerRecords.Read(path, "logs", "samples").Select(r => (PopeQuestion.CategoryOf(path), r));
        }

        var files = AnswerFolder.Files(path, ".json", ".jsonl", ".tsv", ".csv", ".xlsx").Select(f => (Category: PopeQuestion.CategoryOf(f), File: f))
            .Where(f => f.Category is not null).ToArray();
        if (files.Length == 0)
        {
            throw new InvalidInputException(path, null, "holds no file of a category; expected names such as coco_pope_random.json");
        }

        return files.GroupBy(f => f.Category).FirstOrDefault(g => g.Count() > 1)?.ToArray() is [var one, var two, ..]
            ? throw new InvalidInputException(path, null,
                $"{Path.GetFileName(one.File)} and {Path.GetFileName(two.File)} are both of the category {one.Category}; give a folder with one file of each")
            : files.SelectMany(f => AnswerRecords.Read(f.File, "logs", "samples").Select(r => (f.Category, r)));
    }
}
