using Fovea.Core.Configuration;
using Fovea.Pipeline.Studies;

namespace Fovea.Pipeline.Plans;

/// <summary>What a plan asks as a study, read and checked with the rest of the plan.</summary>
public static class PlanStudy
{
    private const string SeedAxis = "seed";

    /// <summary>The questions of a plan; null where it asks none.</summary>
    /// <exception cref="InvalidInputException">They do not fit; the message names file and line.</exception>
    public static StudyQuestions? Of(PlanFile file)
    {
        if (file.Study is not { } node)
        {
            return null;
        }

        try
        {
            return ((StudyQuestions)ConfigBinder.Bind(node, typeof(StudyQuestions))).Validated();
        }
        catch (FoveaException e) when (e is not InvalidInputException)
        {
            throw node.Error(e.Message, e);
        }
    }

    /// <summary>The same, held to the stages that will run.</summary>
    internal static StudyQuestions? Of(PlanFile file, IReadOnlyList<ExpandedStage> stages)
    {
        if (Of(file) is not { } questions)
        {
            return null;
        }

        if (!file.For.ContainsKey(SeedAxis))
        {
            throw file.Study!.Error("'study': a study is tested over seeds; repeat the plan with \"for\": { \"seed\": ... }");
        }

        var names = stages.Select(s => s.Local).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, measure) in questions.Measures.Where(m => m.Value.Stage is not null))
        {
            if (questions.Arms.Where(a => measure.IsOf(a.Key)).Select(a => a.Value.Fill(a.Key, measure.Stage!))
                .FirstOrDefault(s => !names.Contains(s)) is { } missing)
            {
                throw file.Study!.Error($"'study.measures.{key}': no stage '{missing}' runs{NearestName.Hint(missing, names)}");
            }
        }

        return questions;
    }
}
