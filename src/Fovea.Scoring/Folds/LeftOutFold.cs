using Fovea.Core.Json;
using Fovea.Models;

namespace Fovea.Scoring.Folds;

/// <summary>
/// What a reference's training left out: <c>fold.json</c> in the model's folder, so that it moves with the model. Scoring refuses
/// a reference that does not have it for the fold it is to score.
/// </summary>
/// <param name="FoldsSha256">Hash of the fold assignment (<see cref="FoldsFile.Sha256"/>).</param>
/// <param name="LeftOut">The fold that was left out, from 0.</param>
public sealed record LeftOutFold(string FoldsSha256, int LeftOut)
{
    /// <summary>The file's name in a model's folder.</summary>
    public const string FileName = "fold.json";

    /// <summary>Writes it beside a model.</summary>
    public void Write(string modelFolder) => AtomicFile.WriteText(Path.Combine(modelFolder, FileName),
        JsonSerializer.Serialize(this, StrictJson.Indented) + "\n");

    /// <summary>Reads it; null where the model was not trained against a fold assignment.</summary>
    /// <exception cref="InvalidInputException">The file is torn or something else.</exception>
    public static LeftOutFold? Read(string modelFolder)
    {
        var path = Path.Combine(modelFolder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<LeftOutFold>(RegularFile.ReadAllText(path, RegularFile.MaxJson), StrictJson.Indented)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(path, null, $"does not say which fold was left out ({JsonReason.InWords(e)}); train the reference again", e);
        }
    }

    /// <summary>Refuses references that are not those of an assignment, before any is loaded.</summary>
    /// <param name="modelFolders">One per fold, in their order.</param>
    /// <param name="folds">The assignment that scoring goes by.</param>
    /// <exception cref="FoveaException">There are fewer or more than folds, or one was not trained without its fold of this very assignment.</exception>
    public static void RequireAll(IReadOnlyList<string> modelFolders, FoldsFile folds) =>
        RequireAll([.. modelFolders.Select(m => (m, Read(m)))], folds);

    internal static void RequireAll(IReadOnlyList<(string Folder, LeftOutFold? Found)> references, FoldsFile folds)
    {
        if (references.Count != folds.Folds.Count)
        {
            throw new UsageException($"references: expected {folds.Folds.Count}, one for each fold of {folds.Path} in their order, got {references.Count}");
        }

        for (var k = 0; k < references.Count; k++)
        {
            Require(references[k].Folder, references[k].Found, folds, k);
        }
    }

    /// <summary>Refuses a model that is not the reference of a fold.</summary>
    /// <param name="modelFolder">For the message.</param>
    /// <param name="found">What lies beside the model.</param>
    /// <param name="folds">The assignment that scoring goes by.</param>
    /// <param name="fold">The fold it is to score.</param>
    /// <exception cref="InvalidInputException">It was trained on that fold, against another assignment, or against none.</exception>
    public static void Require(string modelFolder, LeftOutFold? found, FoldsFile folds, int fold)
    {
        var expected = $"expected a reference trained without fold {fold} of {folds.Path} ('fovea train' with folds and leave_out_fold={fold})";
        if (found is null)
        {
            throw new InvalidInputException(modelFolder, null,
                $"{expected}, got one that was trained without folds (no {FileName}); train it so, or score without folds");
        }

        if (found.FoldsSha256 != folds.Sha256)
        {
            throw new InvalidInputException(modelFolder, null,
                $"{expected}, got one of another assignment: its SHA-256 is {found.FoldsSha256}, that of the folds {folds.Sha256}; give the folds it was "
                    + $"trained with, or train it again");
        }

        if (found.LeftOut != fold)
        {
            throw new InvalidInputException(modelFolder, null,
                $"{expected}, got the one without fold {found.LeftOut}, which was trained on fold {fold}; give the references in the order of their folds");
        }
    }
}

/// <summary>A reference of cross-fitting and what its training left out.</summary>
/// <param name="Model">The text-only model.</param>
/// <param name="Folder">Where it was loaded from, for messages.</param>
/// <param name="Without">What lies beside it; null where nothing does.</param>
public sealed record FoldReference(VisionLanguageModel Model, string Folder, LeftOutFold? Without);
