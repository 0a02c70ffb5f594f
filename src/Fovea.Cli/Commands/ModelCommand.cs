using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Models.Checkpoints;
using Spectre.Console;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea model</c>: looks at checkpoints.</summary>
internal static class ModelCommand
{
    public static Command Create() => new("model", "Examines a model.") { Inspect() };

    private static Command Inspect()
    {
        var folder = new Argument<string>("DIR") { Description = "A model's folder, in any form that Fovea loads." };
        var tower = new Option<string?>("--tower") { Description = "Folder of the vision tower, where the model folder does not hold it.", HelpName = "DIR" };
        var json = CommonOptions.Json();
        return new Command("inspect", "Shows what a model folder holds and what it needs in memory; reads no weights.") { folder, tower, json }.Runs(
            (parsed, _) =>
        {
            var screen = new Screen(parsed.GetValue(json));
            MissingModel.Require(parsed.GetValue(folder)!);
            var found = ModelInspection.Read(parsed.GetValue(folder)!, new LoadOptions { TowerFolder = parsed.GetValue(tower) });
            screen.Show(() => found,
                () => screen.WriteTable(["what", "found"], InspectionText.Rows(found).Select(r => (string[])[Markup.Escape(r.What), Markup.Escape(r.Found)])));
        });
    }
}
